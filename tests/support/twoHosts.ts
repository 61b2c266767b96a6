import * as pulumi from "@pulumi/pulumi";

import { KubeadmCluster } from "../../components/cluster/kubeadmCluster";
import type { KubeadmClusterArgs } from "../../components/cluster/kubeadmClusterArgs";
import { existingHosts } from "../../components/hosts/existingHosts";
import { clusterSettings } from "./preflight";

const ssh = { hostKey: "ssh-ed25519 AAAA" };

/** Declares the cluster `c` with a master and a worker under the current mocks, and waits until all resources are registered. */
export async function declareTwoHosts(
  worker: { taints?: string[] } = {},
  settings: Partial<KubeadmClusterArgs> = {},
): Promise<void> {
  await pulumi.runtime.runInPulumiStack(async () => {
    const hosts = existingHosts(
      {
        hosts: [
          { name: "master", role: "control-plane", address: "10.0.0.4", ssh },
          { name: "worker", role: "worker", address: "10.0.0.5", ssh, ...worker },
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
      ...settings,
    });
    return {};
  });
  await pulumi.runtime.disconnect();
}
