import * as pulumi from "@pulumi/pulumi";

import { registerObjects } from "../registerObjects";
import { localPathClass, localPathManifest, type LocalPathSettings, volumeMark } from "./localPathManifest";

export interface LocalPathStorageArgs extends LocalPathSettings {
  /** What its pod is started after: a network. @default nothing */
  podsAfter?: readonly pulumi.Resource[];
}

/** Volumes on the hosts' own disks, by the cluster's default StorageClass. Done when the provisioner is ready. */
export class LocalPathStorage extends pulumi.ComponentResource {
  /** Name of the StorageClass. What asks for volumes of it depends on this component as well. */
  readonly className = localPathClass;
  /** Name of a file that each of its volumes has from the beginning. */
  readonly mark = volumeMark;

  constructor(name: string, { podsAfter, ...settings }: LocalPathStorageArgs, opts: pulumi.ComponentResourceOptions) {
    super("kubeadm-kafka:storage:LocalPathStorage", name, {}, opts);
    registerObjects(name, localPathManifest(settings), { parent: this }, podsAfter);
    this.registerOutputs({ className: this.className });
  }
}
