/** A restore that was asked for. An `up` runs it only if its environment names it, so that no later one runs an abandoned one. */
export interface RestoreRequest {
  /** Name of the control plane on which `make restore` has put the backup. */
  readonly host: string;
  /** Time of the backup, in ISO 8601. @example "2026-11-28T18:00:00Z" */
  readonly time: string;
  /** Names this restore alone: another `make restore` of the same backup has another name. @example "master@20261128T180000Z-1f2e3d4c" */
  readonly name: string;
}

/** Variable of an `up`'s environment that has the name of the restore to run. */
export const RESTORE_VARIABLE = "KUBEADM_KAFKA_RESTORE";

/** @param time of the backup, in ISO 8601 @param id random, in hex */
export function restoreRequest(host: string, time: string, id: string): RestoreRequest {
  return { host, time, name: `${host}@${time.replaceAll(/[-:]/g, "")}-${id}` };
}

/** @param name the variable's value @returns undefined if `make restore` has never given such a name */
export function parseRestoreRequest(name: string): RestoreRequest | undefined {
  const found = /^([a-z0-9.-]+)@(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)-[0-9a-f]{8}$/.exec(name);
  if (!found) return undefined;
  const [, host, year, month, day, minute, second] = found as unknown as string[];
  return { host: host!, time: `${year}-${month}-${day}:${minute}:${second}`, name };
}

/** What an `up` that runs a restore says, in its preview as well. */
export const restoreWarning = ({ host, time }: RestoreRequest): string =>
  `this up restores the cluster on ${host} from its backup of ${time}: Kubernetes' objects are then as they were at that time. ` +
  `An up without ${RESTORE_VARIABLE} restores nothing.`;
