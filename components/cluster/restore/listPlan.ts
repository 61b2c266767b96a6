/** A backup on a host. */
export interface BackupOnHost {
  readonly host: string;
  /** @example "/var/backups/kubeadm-kafka/lab-1f2e3d4c/20261128T180000Z-master.backup" */
  readonly path: string;
}

/** Name by which `make restore` takes it. @example "worker-1:20261128T180000Z-master.backup" */
export const placeOf = ({ host, path }: BackupOnHost): string => `${host}:${path.split("/").at(-1)!}`;

/** @param text what list-backups.sh has printed. A name of another form is no backup of this program's. */
export function parseBackups(host: string, text: string): BackupOnHost[] {
  const paths = text.split("\n").filter((line) => /^\/[\w/.-]+\/\d{8}T\d{6}Z-[a-z0-9.-]+\.backup$/.test(line));
  return paths.map((path) => ({ host, path }));
}

/**
 * What `make restore` prints if it isn't told which backup: those on the hosts, the newest first, and how to take one.
 *
 * @param unreached why hosts couldn't be asked, in sentences
 */
export function backupList(stack: string, backups: readonly BackupOnHost[], unreached: readonly string[]): string {
  const file = ({ path }: BackupOnHost): string => path.split("/").at(-1)!;
  const sorted = [...backups].sort(
    (one, other) => file(other).localeCompare(file(one)) || one.host.localeCompare(other.host),
  );
  const lines = sorted.map((each) => `  backup=${placeOf(each)}`);
  const found =
    sorted.length > 0
      ? ["Backups on the hosts, the newest first, by the time in UTC at which a control plane wrote them:", ...lines]
      : ["No host that answers has a backup."];
  return [
    ...found,
    ...unreached.map((why) => `could not be asked: ${why}`),
    "Newer ones may be in the bucket, if there is one, or on a lost control plane's disk. To go on, with one of these or a file:",
    `  make restore stack=${stack} backup=${sorted[0] ? placeOf(sorted[0]) : "FILE"}`,
  ].join("\n");
}
