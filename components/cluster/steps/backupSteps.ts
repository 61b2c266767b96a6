import type { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { actions } from "../actions";
import { readScript } from "../hostScript";
import { backupsInputs, type BackupSettings, copyTarget } from "./backupsPlan";
import { hostStep, type HostStepContext } from "./hostStep";
import { mustRun } from "./stepResult";

/**
 * Installs backups on each control plane, and takes the first ones.
 *
 * @param own the stack's certificate to encrypt to, PEM, unless the settings have another one
 * @param joined the step that joins each host, by the host's name
 * @returns the steps, once the first backups are there
 */
export function backUp(
  context: HostStepContext,
  settings: BackupSettings,
  own: pulumi.Output<string>,
  joined: ReadonlyMap<string, remote.Command>,
): remote.Command[] {
  const hosts = context.args.hosts.filter(({ lost }) => !lost);
  const copyTo = copyTarget(hosts);
  const script = readScript("take-backup");
  const { encryptTo, s3 } = settings;
  const planned = pulumi.output(encryptTo ?? own).apply((to) => backupsInputs(settings, to, copyTo, script));
  const inputs = s3 ? pulumi.secret(planned) : planned;
  const receiver = copyTo === undefined ? [] : [joined.get(copyTo)!];
  return context.controlPlanes.map((host) => {
    const node = joined.get(host.name)!;
    // On a host that leaves, undo removes what the step has made. A machine of the stack's goes with all that is on it.
    const options = { deletedWith: host.machine?.resource ?? node, deleteBeforeReplace: true };
    const step = hostStep(context, host, actions.backups, inputs, [node, ...receiver], options);
    return mustRun(context, host, actions.backups, step);
  });
}

/**
 * Takes another backup on each control plane when what only later backups know has changed.
 *
 * @param known what a backup has to know. When it changes, it is in the cluster once `after` is there.
 * @param backedUp the steps that install backups, by control plane
 */
export function backUpAfter(
  context: HostStepContext,
  backedUp: readonly remote.Command[],
  known: pulumi.Input<string>,
  after: pulumi.Resource,
): remote.Command[] {
  return context.controlPlanes.map((host, at) => {
    const inputs = pulumi.output(known).apply((KNOWN) => ({ KNOWN }));
    const step = hostStep(context, host, actions.backupOfKafka, inputs, [backedUp[at]!, after]);
    return mustRun(context, host, actions.backupOfKafka, step);
  });
}
