import * as pulumi from "@pulumi/pulumi";

import { registerObjects } from "../registerObjects";
import { localPathClass, localPathManifest, type LocalPathSettings, volumeMark } from "./localPathManifest";

export interface LocalPathStorageArgs extends LocalPathSettings {
  /** Resources that the provisioner's pod depends on, such as the pod network. @default none */
  podsAfter?: readonly pulumi.Resource[];
}

/** Volumes on the hosts' disks, as the cluster's default StorageClass. Created once the provisioner is ready. */
export class LocalPathStorage extends pulumi.ComponentResource {
  /** Name of the StorageClass. Resources that claim volumes of it must depend on this component. */
  readonly className = localPathClass;
  /** Name of a file that each volume has from its creation on. */
  readonly mark = volumeMark;

  constructor(name: string, { podsAfter, ...settings }: LocalPathStorageArgs, opts: pulumi.ComponentResourceOptions) {
    super("kubeadm-kafka:storage:LocalPathStorage", name, {}, opts);
    registerObjects(name, localPathManifest(settings), { parent: this }, podsAfter);
    this.registerOutputs({ className: this.className });
  }
}
