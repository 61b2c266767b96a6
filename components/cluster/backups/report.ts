/** A Node, as far as it tells of its host's backups: take-backup.sh notes them there. */
export interface BackedUpNode {
  metadata: {
    name: string;
    labels?: Readonly<Record<string, string>>;
    annotations?: Readonly<Record<string, string>>;
    creationTimestamp?: string;
  };
}

/** Backups of a cluster's control planes. */
export interface BackupReport {
  /** Time of each control plane's newest backup. @example { master: "2026-11-28T19:30:00Z" } */
  readonly newest: Readonly<Record<string, string>>;
  /** Time of the newest one of each that has arrived on another host, and that host. @example { master: "2026-11-28T19:30:00Z worker" } */
  readonly copies: Readonly<Record<string, string>>;
  /** Time of the newest one of each that has arrived in the bucket. */
  readonly uploads: Readonly<Record<string, string>>;
  /**
   * What is wrong, a sentence for each host whose backup failed, is overdue, missing or gone, or has a time that is yet to come
   * (KK953).
   */
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
    copy: annotations["kubeadm-kafka/backup-copy"],
    upload: annotations["kubeadm-kafka/backup-upload"],
    due: annotations["kubeadm-kafka/backup-due"],
    failed: annotations["kubeadm-kafka/backup-failed"],
  }));
  const times = (of: "newest" | "copy" | "upload"): Record<string, string> =>
    Object.fromEntries(noted.flatMap((each) => (each[of] === undefined ? [] : [[each.name, each[of]]])));
  const newest = times("newest");
  const problems = noted.flatMap(({ name, isControlPlane, newest: time, copy, upload, due, failed }) => {
    if (failed !== undefined) return [`${name}'s last backup failed, ${failed} [KK953]`];
    if (time === undefined)
      return isControlPlane && Object.keys(newest).length > 0
        ? [`${name} has no backup, and other control planes have [KK953]`]
        : [];
    if (new Date(time).getTime() > now.getTime() + TOLERATED_SKEW)
      return [
        `${name}'s newest backup is of ${time}, which is yet to come: its clock is wrong, or the one here [KK953]`,
      ];
    const [copied, holder] = copy?.split(" ") ?? [];
    const places = [
      { what: "newest backup", of: time },
      { what: `newest copy on ${holder}`, of: copied },
      { what: "newest backup in the bucket", of: upload },
    ];
    const gone = copied !== undefined && !hasStayed(nodes, holder!, copied);
    const why = `was on ${holder}, which has left or was replaced since; the next backup brings another one [KK953]`;
    return [
      ...(gone ? [`${name}'s newest copy ${why}`] : []),
      ...places.flatMap(({ what, of }) => overdue(`${name}'s ${what}`, of, time, due, now)),
    ];
  });
  return { newest, copies: times("copy"), uploads: times("upload"), problems };
}

/** @param of time of the backup at a place @param newest time of the newest one, after which the next one has to be there by `due` */
function overdue(what: string, of: string | undefined, newest: string, due: string | undefined, now: Date): string[] {
  if (of === undefined || due === undefined) return [];
  const until = new Date(new Date(due).getTime() - new Date(newest).getTime() + new Date(of).getTime());
  const time = until.toISOString().replace(/\.\d+/, "");
  return now <= until ? [] : [`${what} is of ${of}, and the next one was due by ${time} [KK953]`];
}

/** Whether the machine of a node is still the one that it was at that time. A machine that replaces another one makes another Node. */
function hasStayed(nodes: readonly BackedUpNode[], name: string, since: string): boolean {
  const made = nodes.find(({ metadata }) => metadata.name === name)?.metadata.creationTimestamp;
  return made !== undefined && new Date(made).getTime() <= new Date(since).getTime() + TOLERATED_SKEW;
}

/** What `make health` prints about backups: nothing where there are none. */
export function backupLines({ newest, copies, uploads, problems }: BackupReport): string[] {
  const line = (what: string, times: Readonly<Record<string, string>>): string[] => {
    const each = Object.entries(times).map(([name, time]) => `${name} ${time.replace(" ", " on ")}`);
    return each.length > 0 ? [`${what}: ${each.join(", ")}`] : [];
  };
  return [
    ...line("newest backups", newest),
    ...line("newest copies", copies),
    ...line("newest in the bucket", uploads),
    ...problems,
  ];
}
