import * as pulumi from "@pulumi/pulumi";

import { outputsOf } from "../../support/standIns";
import { declareTwoHosts } from "../../support/twoHosts";

/** The steps of a cluster of two hosts, whose worker has a taint, in their order. */
async function deedsOf(beforeMarks?: () => void): Promise<string[]> {
  const deeds: string[] = [];
  await pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs }) => {
      if (type.startsWith("command:")) deeds.push(name);
      return { id: name, state: outputsOf({ type, name, inputs }) };
    },
    call: ({ inputs }) => inputs,
  });
  await declareTwoHosts(
    { taints: ["x=y:NoExecute"] },
    beforeMarks && {
      beforeMarks: (kubeconfig) =>
        kubeconfig.apply(async () => {
          await new Promise((resolve) => setTimeout(resolve, 200));
          deeds.push("judged");
          beforeMarks();
        }),
    },
  );
  return deeds;
}

test("labels and taints are set after the check that they may be", async () => {
  const deeds = await deedsOf(() => undefined);
  expect(deeds.slice(deeds.indexOf("judged"))).toEqual(["judged", "c-worker-labels"]);
});

test("labels and taints are set without such a check as well", async () =>
  expect(await deedsOf()).toContain("c-worker-labels"));
