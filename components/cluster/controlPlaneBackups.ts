import * as pulumi from "@pulumi/pulumi";
import { createBackupKey } from "./backupKey";
import { newestBackups } from "./backups/newestBackups";
import type { BackupReport } from "./backups/report";
import type { KubeadmCluster } from "./kubeadmCluster";
import { backUp, backUpAfter } from "./steps/backupSteps";
import type { BackupSettings } from "./steps/backupsPlan";

/** Which cluster is backed up, and how. */
export interface ControlPlaneBackupsArgs {
  readonly cluster: KubeadmCluster;
  readonly settings: BackupSettings;
  /** What runs on the cluster, and is in no backup from before it was made. @default nothing */
  readonly workload?: BackedUpWorkload;
}

/** Something that has volumes on the cluster. */
export interface BackedUpWorkload {
  /** Changes whenever the objects in Kubernetes that a restore needs are others. @example "p8iz8I1nQ1qcTQvYp0BzJg, kafka: 3" */
  readonly known: pulumi.Input<string>;
  /** Complete once these objects are in the cluster. */
  readonly resource: pulumi.Resource;
}

/**
 * Backups of a cluster's control planes. Nothing depends on them: this is a component of its own so that nothing waits for the
 * first backups that depends on the cluster. They come before the workload, in case that fails, and once more after it.
 *
 * @see docs/backups.md
 */
export class ControlPlaneBackups extends pulumi.ComponentResource {
  /** The stack's private key for its backups, PEM. Backups that were encrypted to another certificate need that one's. Secret. */
  readonly key: pulumi.Output<string>;
  /** Newest backups, and what is wrong with them; `unknown`, with the reason, where the API server can't be asked. */
  readonly report: pulumi.Output<BackupReport | { readonly unknown: string }>;

  constructor(
    name: string,
    { cluster, settings, workload }: ControlPlaneBackupsArgs,
    opts: pulumi.ComponentResourceOptions,
  ) {
    super("kubeadm-kafka:cluster:ControlPlaneBackups", name, {}, opts);
    const context = { ...cluster.context, parent: this };
    // The key stays without backups, and with another certificate, since it reads earlier backups.
    const { certificate, privateKey } = createBackupKey(`${context.cluster}-backup-key`, { parent: this });
    const backedUp = settings.enabled ? backUp(context, settings, certificate, cluster.joined) : [];
    const again =
      workload && backedUp.length > 0 ? backUpAfter(context, backedUp, workload.known, workload.resource) : [];
    this.key = privateKey;
    this.report = newestBackups(cluster.kubeconfig, [...backedUp, ...again]);
    this.registerOutputs();
  }
}
