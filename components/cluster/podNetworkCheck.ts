import * as pulumi from "@pulumi/pulumi";

import type { KubeadmCluster } from "./kubeadmCluster";
import { checkPodNetwork, uncheckedBy } from "./steps/podNetworkStep";

export interface PodNetworkCheckArgs {
  cluster: KubeadmCluster;
  /** The pod network's agents, one on each node: there are no packets between pods before. */
  agents: readonly pulumi.Resource[];
}

/**
 * Packets of pods get through between all nodes, or it fails and names two that they don't get through between, what drops them
 * and the remedy. Each node's step checks that node against all others, so a node that comes has one step more and changes none.
 */
export class PodNetworkCheck extends pulumi.ComponentResource {
  constructor(name: string, { cluster, agents }: PodNetworkCheckArgs, opts: pulumi.ComponentResourceOptions) {
    super("kubeadm-kafka:cluster:PodNetworkCheck", name, {}, opts);
    const context = { ...cluster.context, parent: this };
    for (const host of context.args.hosts) {
      const node = cluster.joined.get(host.name);
      if (!node) continue;
      const checked = checkPodNetwork(context, host, [node, ...agents]);
      uncheckedBy(context, host, checked).apply((warning) => warning && pulumi.log.warn(warning, this));
    }
    this.registerOutputs();
  }
}
