import type { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../hosts/host";
import { actions } from "../actions";
import { readScript } from "../hostScript";
import { backupsInputs, type BackupSettings, copyTarget } from "./backupsPlan";
import { hostStep, type HostStepContext } from "./hostStep";
import { mustRun } from "./stepResult";

/**
 * Installs backups on each control plane, and takes the first ones. Nothing depends on these steps.
 *
 * @param own the stack's certificate to encrypt to, PEM, unless the settings have another one
 * @param nodes the step that joins each host
 * @returns the steps, once the first backups are there
 */
export function backUp(
  context: HostStepContext,
  settings: BackupSettings,
  own: pulumi.Output<string>,
  nodes: ReadonlyMap<Host, remote.Command>,
): remote.Command[] {
  const copyTo = copyTarget([...nodes.keys()]);
  const script = readScript("take-backup");
  const { encryptTo, s3 } = settings;
  const planned = pulumi.output(encryptTo ?? own).apply((to) => backupsInputs(settings, to, copyTo, script));
  const inputs = s3 ? pulumi.secret(planned) : planned;
  const receiver = [...nodes].filter(([{ name }]) => name === copyTo).map(([, node]) => node);
  return context.controlPlanes.map((host) => {
    const node = nodes.get(host)!;
    const options = { deletedWith: node, deleteBeforeReplace: true };
    const step = hostStep(context, host, actions.backups, inputs, [node, ...receiver], options);
    return mustRun(context, host, actions.backups, step);
  });
}
