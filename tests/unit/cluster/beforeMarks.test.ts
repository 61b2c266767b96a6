import * as pulumi from "@pulumi/pulumi";

import { KubeadmCluster } from "../../../components/cluster/kubeadmCluster";
import { existingHosts } from "../../../components/hosts/existingHosts";
import { clusterSettings } from "../../support/preflight";
import { outputsOf } from "../../support/standIns";

/** What a cluster of two hosts, of which the worker has a taint, does in which order. */
async function deedsOf(beforeMarks?: () => void): Promise<string[]> {
  const deeds: string[] = [];
  await pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs }) => {
      if (type.startsWith("command:")) deeds.push(name);
      return { id: name, state: outputsOf({ type, name, inputs }) };
    },
    call: ({ inputs }) => inputs,
  });
  const ssh = { hostKey: "ssh-ed25519 AAAA" };
  await pulumi.runtime.runInPulumiStack(async () => {
    const hosts = existingHosts(
      {
        hosts: [
          { name: "master", role: "control-plane", address: "10.0.0.4", ssh },
          { name: "worker", role: "worker", address: "10.0.0.5", ssh, taints: ["x=y:NoExecute"] },
        ],
        ssh: { user: "root", port: 22, agent: true },
        privateKey: pulumi.output(""),
      },
      {},
    );
    new KubeadmCluster("c", {
      ...clusterSettings,
      hosts,
      podImages: [],
      source: { kind: "upstream" },
      packages: "remove",
      ...(beforeMarks && {
        beforeMarks: (kubeconfig) =>
          kubeconfig.apply(async () => {
            await new Promise((resolve) => setTimeout(resolve, 200));
            deeds.push("judged");
            beforeMarks();
          }),
      }),
    });
    return {};
  });
  await pulumi.runtime.disconnect();
  return deeds;
}

test("labels and taints are set after it was judged whether they may be", async () => {
  const deeds = await deedsOf(() => undefined);
  expect(deeds.slice(deeds.indexOf("judged"))).toEqual(["judged", "c-worker-labels"]);
});

test("they are set without a judge as well", async () => expect(await deedsOf()).toContain("c-worker-labels"));
