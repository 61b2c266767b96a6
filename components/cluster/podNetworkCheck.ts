import * as pulumi from "@pulumi/pulumi";

import type { KubeadmCluster } from "./kubeadmCluster";
import { checkPodNetwork, uncheckedBy } from "./steps/podNetworkStep";

/** The cluster and the pod network to check. */
export interface PodNetworkCheckArgs {
  cluster: KubeadmCluster;
  /** The pod network's agents, one on each node, which the checks depend on. */
  agents: readonly pulumi.Resource[];
}

/**
 * Checks that pods' packets get through between all nodes. An error names two nodes between which they don't, the probable cause
 * and the remedy. A step on each node checks that node against the others, so that a new node adds a step and changes none.
 */
export class PodNetworkCheck extends pulumi.ComponentResource {
  /** The checks. After one, its node's agent has published its address. */
  readonly steps: readonly pulumi.CustomResource[];

  constructor(name: string, { cluster, agents }: PodNetworkCheckArgs, opts: pulumi.ComponentResourceOptions) {
    super("kubeadm-kafka:cluster:PodNetworkCheck", name, {}, opts);
    const context = { ...cluster.context, parent: this };
    this.steps = context.args.hosts.flatMap((host) => {
      const node = cluster.joined.get(host.name);
      if (!node) return [];
      const checked = checkPodNetwork(context, host, [node, ...agents]);
      uncheckedBy(context, host, checked).apply((warning) => {
        if (warning) void pulumi.log.warn(warning, this);
      });
      return [checked];
    });
    this.registerOutputs();
  }
}
