/** A Node, as far as it tells of its host's backups: take-backup.sh notes them there. */
export interface BackedUpNode {
  metadata: { name: string; annotations?: Readonly<Record<string, string>> };
}

/** Backups of a cluster's control planes. */
export interface BackupReport {
  /** Time of each control plane's newest backup. @example { master: "2026-11-28T19:30:00Z" } */
  readonly newest: Readonly<Record<string, string>>;
  /** What is wrong, a sentence for each backup that failed or is overdue (KK953). */
  readonly problems: readonly string[];
}

/**
 * Judges the backups by what the hosts have noted. A host notes, with each backup, the time by which the next one has to be
 * there, so that a host that has stopped writing them is found as well.
 */
export function judgeBackups(nodes: readonly BackedUpNode[], now: Date): BackupReport {
  const noted = nodes.map(({ metadata: { name, annotations = {} } }) => ({
    name,
    newest: annotations["kubeadm-kafka/backup"],
    due: annotations["kubeadm-kafka/backup-due"],
    failed: annotations["kubeadm-kafka/backup-failed"],
  }));
  const newest = noted.flatMap(({ name, newest }) => (newest === undefined ? [] : [[name, newest] as const]));
  const problems = noted.flatMap(({ name, newest, due, failed }) => {
    if (failed !== undefined) return [`${name}'s last backup failed, ${failed} [KK953]`];
    if (due === undefined || now <= new Date(due)) return [];
    return [`${name}'s newest backup is of ${newest}, and the next one was due by ${due} [KK953]`];
  });
  return { newest: Object.fromEntries(newest), problems };
}

/** What `make health` prints about backups: nothing where there are none. */
export function backupLines({ newest, problems }: BackupReport): string[] {
  const times = Object.entries(newest).map(([name, time]) => `${name} ${time}`);
  return [...(times.length > 0 ? [`newest backups: ${times.join(", ")}`] : []), ...problems];
}
