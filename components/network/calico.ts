import * as pulumi from "@pulumi/pulumi";

import { registerObjects } from "../registerObjects";
import { calicoManifest, type CalicoSettings } from "./calicoManifest";

/** Calico: pods get addresses and reach each other across hosts. Done when every node's agent is ready. */
export class Calico extends pulumi.ComponentResource {
  /**
   * The nodes' agents, for pods to come after: a node counts as ready a little before its agent is, and a pod that is started
   * in between fails and is tried again only 15 seconds later.
   */
  readonly agents: pulumi.Resource[];

  constructor(name: string, settings: CalicoSettings, opts: pulumi.ComponentResourceOptions) {
    super("kubeadm-kafka:network:Calico", name, {}, opts);
    const registered = registerObjects(name, calicoManifest(settings), { parent: this });
    this.agents = [...registered].filter(([{ kind }]) => kind === "DaemonSet").map(([, agent]) => agent);
    this.registerOutputs();
  }
}
