import * as pulumi from "@pulumi/pulumi";

import { registerObjects } from "../registerObjects";
import { calicoManifest, type CalicoSettings } from "./calicoManifest";

/** Calico: pods get addresses and reach each other across hosts. Done when every node's agent is ready. */
export class Calico extends pulumi.ComponentResource {
  constructor(name: string, settings: CalicoSettings, opts: pulumi.ComponentResourceOptions) {
    super("kubeadm-kafka:network:Calico", name, {}, opts);
    registerObjects(name, calicoManifest(settings), { parent: this });
    this.registerOutputs();
  }
}
