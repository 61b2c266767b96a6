import * as pulumi from "@pulumi/pulumi";

import type { KubeadmClusterArgs } from "../../../components/cluster/kubeadmClusterArgs";
import { outputsOf } from "../../support/standIns";
import { declareTwoHosts } from "../../support/twoHosts";

const judged = "judged";

/**
 * The steps of a cluster of two hosts, whose worker has a taint, that can set a taint, in their order. Such a step has the taint's
 * effect in its scripts or inputs. PreferNoSchedule, which repels no pod, doesn't count.
 *
 * @param check adds the check, which takes a while, as `judged`
 */
async function taintersOf(settings: Partial<KubeadmClusterArgs>, check: boolean): Promise<string[]> {
  const deeds: string[] = [];
  await pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs }) => {
      if (type.startsWith("command:") && /\b(NoSchedule|NoExecute)/.test(String(inputs.stdin))) deeds.push(name);
      return { id: name, state: outputsOf({ type, name, inputs }) };
    },
    call: ({ inputs }) => inputs,
  });
  const beforeMarks: KubeadmClusterArgs["beforeMarks"] = (kubeconfig) =>
    kubeconfig.apply(async () => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      deeds.push(judged);
    });
  await declareTwoHosts({ taints: ["x=y:NoExecute"] }, { ...settings, ...(check && { beforeMarks }) });
  return deeds;
}

const [master, worker] = ["c-master-labels", "c-worker-labels"];

test.each([
  ["a worker's taint", true, [worker]],
  ["the taint of control planes without ordinary pods", false, [master, worker]],
])("%s is set after the check that it may be, and by no earlier step", async (_, scheduleOnControlPlane, steps) => {
  const [first, ...others] = await taintersOf({ scheduleOnControlPlane }, true);
  expect([first, ...others.sort()]).toEqual([judged, ...steps]);
});

test("taints are set without such a check as well", async () =>
  expect((await taintersOf({ scheduleOnControlPlane: false }, false)).sort()).toEqual([master, worker]));
