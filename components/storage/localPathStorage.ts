import * as pulumi from "@pulumi/pulumi";

import { registerObjects } from "../registerObjects";
import { localPathClass, localPathManifest, type LocalPathSettings } from "./localPathManifest";

/** Volumes on the hosts' own disks, by the cluster's default StorageClass. Done when the provisioner is ready. */
export class LocalPathStorage extends pulumi.ComponentResource {
  /** Name of the StorageClass. What asks for volumes of it depends on this component as well. */
  readonly className = localPathClass;

  constructor(name: string, settings: LocalPathSettings, opts: pulumi.ComponentResourceOptions) {
    super("kubeadm-kafka:storage:LocalPathStorage", name, {}, opts);
    registerObjects(name, localPathManifest(settings), { parent: this });
    this.registerOutputs({ className: this.className });
  }
}
