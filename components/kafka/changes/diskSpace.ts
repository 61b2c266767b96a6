/** Whether the disks of a Kafka cluster have room for the replicas that are to move there. */

/** A file system with log directories on it, of one broker or of several on one host. */
export interface Disk {
  /** For people: `broker 0 (/var/lib/kafka/data)`. */
  readonly name: string;
  readonly totalBytes: number;
  readonly freeBytes: number;
}

/** A log directory that works. */
export interface LogDirectoryOnDisk {
  readonly broker: number;
  readonly path: string;
  /** Host of the broker, where it is known. Log directories of different hosts are never on one disk. */
  readonly host?: string;
  readonly totalBytes: number;
  readonly freeBytes: number;
  /** Replicas in it. */
  readonly replicas: number;
}

/** A replica that is to be made, or is being made. */
export interface ReplicaToCome {
  readonly broker: number;
  /** Bytes that it still lacks. */
  readonly bytes: number;
}

/** What a disk would get. */
export interface DiskNeed extends Disk {
  readonly neededBytes: number;
  /** Bytes that have to stay free beside that: producers go on writing, and Kubernetes evicts pods from a full disk. */
  readonly marginBytes: number;
}

/** Of a disk's size, what has to stay free at most; less where fewer bytes move. */
const MARGIN = 0.1;
/** Share of a disk's size that brokers may write or delete between two answers, of which a slow one takes seconds. */
const BETWEEN_ANSWERS = 0.01;

/**
 * The disks that the replicas would fill. As much again as moves there has to stay free, up to a tenth of the disk.
 *
 * Kafka puts a new replica into the log directory of its broker that has the fewest replicas.
 */
export function disksTooSmall(
  directories: readonly LogDirectoryOnDisk[],
  toCome: readonly ReplicaToCome[],
): DiskNeed[] {
  const replicas = new Map(directories.map((each) => [each, each.replicas]));
  const needed = new Map(directories.map((each) => [each, 0]));
  for (const { broker, bytes } of toCome) {
    const [target] = directories
      .filter((each) => each.broker === broker)
      .sort((a, b) => replicas.get(a)! - replicas.get(b)!);
    if (!target) continue;
    replicas.set(target, replicas.get(target)! + 1);
    needed.set(target, needed.get(target)! + bytes);
  }
  return byDisk(directories)
    .map((together): DiskNeed => {
      const neededBytes = together.reduce((sum, each) => sum + needed.get(each)!, 0);
      const { totalBytes } = together[0]!;
      return {
        name: nameOf(together),
        totalBytes,
        freeBytes: Math.min(...together.map(({ freeBytes }) => freeBytes)),
        neededBytes,
        marginBytes: Math.min(neededBytes, totalBytes * MARGIN),
      };
    })
    .filter(({ freeBytes, neededBytes, marginBytes }) => neededBytes > 0 && neededBytes + marginBytes > freeBytes);
}

/**
 * Log directories that may be on one disk, together. Kafka tells of a directory's file system its size and what is free, and not
 * which one it is. So two directories of a host are on different disks where the size differs, or what is free differs by more than
 * is written between two answers. All others count as one disk: to refuse a move that would fit leaves Kafka as it is, to take
 * one disk for two would fill it, and the brokers on it would stop serving from there.
 *
 * Two brokers whose hosts aren't known have disks of their own.
 */
function byDisk(directories: readonly LogDirectoryOnDisk[]): LogDirectoryOnDisk[][] {
  const byHostAndSize = Map.groupBy(
    directories,
    ({ host, broker, totalBytes }) => `${host ?? `broker ${broker}`} ${totalBytes}`,
  );
  return [...byHostAndSize.values()].flatMap((ofOneSize) => {
    const disks: LogDirectoryOnDisk[][] = [];
    for (const each of [...ofOneSize].sort((a, b) => a.freeBytes - b.freeBytes)) {
      const before = disks.at(-1);
      const isBeside = before && each.freeBytes - before.at(-1)!.freeBytes <= each.totalBytes * BETWEEN_ANSWERS;
      if (isBeside) before.push(each);
      else disks.push([each]);
    }
    return disks;
  });
}

function nameOf(directories: readonly LogDirectoryOnDisk[]): string {
  const { host } = directories[0]!;
  const each = [...Map.groupBy(directories, ({ broker }) => broker)].map(
    ([broker, own]) => `broker ${broker} (${own.map(({ path }) => path).join(", ")})`,
  );
  return `${each.join(", ")}${host === undefined ? "" : ` on ${host}`}`;
}

/** Bytes as people read them, with one decimal. */
export function readable(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const unit = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  return `${unit === 0 ? bytes : (bytes / 1000 ** unit).toFixed(1)} ${units[unit]}`;
}
