import * as pulumi from "@pulumi/pulumi";

import { registerObjects } from "../registerObjects";
import { calicoManifest, type CalicoSettings } from "./calicoManifest";

/**
 * Calico, the pod network: gives pods addresses and lets them reach each other across hosts. Created once every node's agent is
 * ready.
 *
 * @see https://docs.tigera.io/calico/latest/about
 */
export class Calico extends pulumi.ComponentResource {
  /**
   * The nodes' agents. Resources with pods depend on them: a node is ready slightly before its agent, and a pod that starts in
   * between fails, with a retry only 15 seconds later.
   */
  readonly agents: pulumi.CustomResource[];

  constructor(name: string, settings: CalicoSettings, opts: pulumi.ComponentResourceOptions) {
    super("kubeadm-kafka:network:Calico", name, {}, opts);
    const registered = registerObjects(name, calicoManifest(settings), { parent: this });
    this.agents = [...registered].filter(([{ kind }]) => kind === "DaemonSet").map(([, agent]) => agent);
    this.registerOutputs();
  }
}
