/** A Node, as far as it tells of its host's backups: take-backup.sh notes them there. */
export interface BackedUpNode {
  metadata: {
    name: string;
    labels?: Readonly<Record<string, string>>;
    annotations?: Readonly<Record<string, string>>;
  };
}

/** Backups of a cluster's control planes. */
export interface BackupReport {
  /** Time of each control plane's newest backup. @example { master: "2026-11-28T19:30:00Z" } */
  readonly newest: Readonly<Record<string, string>>;
  /** What is wrong, a sentence for each host whose backup failed, is overdue or missing, or has a time that is yet to come (KK953). */
  readonly problems: readonly string[];
}

/** Clock skew between the hosts and the machine that asks, in milliseconds, that is no problem of backups. */
const TOLERATED_SKEW = 600_000;

/**
 * Judges the backups by what the hosts have noted. A host notes, with each backup, the time by which the next one has to be
 * there, so that a host that has stopped writing them is found as well. If one control plane writes backups, each should: a Node
 * that was made anew has no note.
 */
export function judgeBackups(nodes: readonly BackedUpNode[], now: Date): BackupReport {
  const noted = nodes.map(({ metadata: { name, labels = {}, annotations = {} } }) => ({
    name,
    isControlPlane: "node-role.kubernetes.io/control-plane" in labels,
    newest: annotations["kubeadm-kafka/backup"],
    due: annotations["kubeadm-kafka/backup-due"],
    failed: annotations["kubeadm-kafka/backup-failed"],
  }));
  const newest = noted.flatMap(({ name, newest }) => (newest === undefined ? [] : [[name, newest] as const]));
  const problems = noted.flatMap(({ name, isControlPlane, newest: time, due, failed }) => {
    if (failed !== undefined) return [`${name}'s last backup failed, ${failed} [KK953]`];
    if (time === undefined)
      return isControlPlane && newest.length > 0
        ? [`${name} has no backup, and other control planes have [KK953]`]
        : [];
    if (new Date(time).getTime() > now.getTime() + TOLERATED_SKEW)
      return [
        `${name}'s newest backup is of ${time}, which is yet to come: its clock is wrong, or the one here [KK953]`,
      ];
    if (due === undefined || now <= new Date(due)) return [];
    return [`${name}'s newest backup is of ${time}, and the next one was due by ${due} [KK953]`];
  });
  return { newest: Object.fromEntries(newest), problems };
}

/** What `make health` prints about backups: nothing where there are none. */
export function backupLines({ newest, problems }: BackupReport): string[] {
  const times = Object.entries(newest).map(([name, time]) => `${name} ${time}`);
  return [...(times.length > 0 ? [`newest backups: ${times.join(", ")}`] : []), ...problems];
}
