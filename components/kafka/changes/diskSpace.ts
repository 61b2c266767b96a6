/** Decides whether the disks of a Kafka cluster have room for the replicas that are to move there. */

/** A file system with log directories of one broker, or of several on one host. */
export interface Disk {
  /** @example "broker 0 (/var/lib/kafka/data) on worker-1" */
  readonly name: string;
  readonly totalBytes: number;
  readonly freeBytes: number;
}

/** A log directory that is online. */
export interface LogDirectoryOnDisk {
  readonly broker: number;
  readonly path: string;
  /** Host of the broker. Log directories of different hosts are never on one disk. @default unknown */
  readonly host?: string;
  /** Size of its file system. */
  readonly totalBytes: number;
  readonly freeBytes: number;
  /** Number of replicas in it. */
  readonly replicas: number;
  /** Whether somebody has cordoned it. @default false */
  readonly cordoned?: boolean;
}

/** A replica that is to be made, or is being made. */
export interface ReplicaToCome {
  readonly broker: number;
  /** Bytes that it still lacks. */
  readonly bytes: number;
}

/** A disk and the bytes that it would need. */
export interface DiskNeed extends Disk {
  readonly neededBytes: number;
  /** Bytes that have to stay free in addition: producers go on writing, and Kubernetes evicts pods from a full disk. */
  readonly marginBytes: number;
}

/** Largest share of a disk that has to stay free. */
const MARGIN = 0.1;
/** Share of a disk that brokers may write or delete between two answers, which may be seconds apart. */
const BETWEEN_ANSWERS = 0.01;

/**
 * The disks that the replicas would fill. As many bytes as move to a disk have to stay free beside them, up to a tenth
 * of it.
 *
 * Kafka puts a new replica into the broker's log directory with the fewest replicas, and so does this calculation. A cordoned
 * directory gets none unless all of the broker's are cordoned.
 *
 * @see KIP-112, KIP-858 (several log directories), KIP-1066 (cordons)
 */
export function disksTooSmall(
  directories: readonly LogDirectoryOnDisk[],
  toCome: readonly ReplicaToCome[],
): DiskNeed[] {
  const replicas = new Map(directories.map((each) => [each, each.replicas]));
  const needed = new Map(directories.map((each) => [each, 0]));
  for (const { broker, bytes } of toCome) {
    const all = directories.filter((each) => each.broker === broker);
    const uncordoned = all.filter(({ cordoned }) => !cordoned);
    const [target] = (uncordoned.length > 0 ? uncordoned : all).sort((a, b) => replicas.get(a)! - replicas.get(b)!);
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
 * Groups log directories that may be on one disk. Kafka reports the size and the free bytes of a directory's file
 * system, but not which one it is. So two directories of a host count as one disk, unless their sizes differ or their
 * free bytes differ by more than is written between two answers. This errs on the safe side: one disk taken for two
 * would be filled and its brokers would stop serving, while two taken for one only refuse a move that would fit.
 *
 * Two brokers with unknown hosts have separate disks.
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

/** Bytes as people read them. @example "1.2 GB" */
export function readable(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const unit = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  return `${unit === 0 ? bytes : (bytes / 1000 ** unit).toFixed(1)} ${units[unit]}`;
}
