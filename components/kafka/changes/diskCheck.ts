import { Fatal } from "../../failures";
import { Deadline } from "../../programs/inPod/waiting";
import type { Connection } from "../protocol/connection";
import { replicasOn, layoutOf, layoutWithMoves, logDirectoriesOf, type StoredReplica } from "../protocol/partitions";
import { cordonedDirectories } from "./cordons";
import { disksTooSmall, readable, type LogDirectoryOnDisk, type ReplicaToCome } from "./diskSpace";
import type { Move } from "./moves";

const DEADLINE_SECONDS = 120;

/** Asks for the names of the Kubernetes nodes that pods run on, by the pods' names. */
export type NodesOfPods = () => Promise<ReadonlyMap<string, string>>;

/**
 * Refuses moves that would fill a disk, before anything has moved. Moves that are already under way count as well.
 *
 * @throws Fatal with the disks, the bytes that they would get, and the bytes that are free
 */
export async function refuseToFill(
  kafka: Connection,
  moves: readonly Move[],
  nodesOfPods: NodesOfPods,
  log: (line: string) => void,
): Promise<void> {
  let small: string[] = [];
  await new Deadline(DEADLINE_SECONDS).waitUntil("what the brokers' disks hold", async () => {
    const stored = await storedReplicas(kafka);
    const toCome = await replicasToCome(kafka, moves, stored);
    const directories = await directoriesOf(kafka, stored, await nodesOfPods(), log);
    small = disksTooSmall(directories, toCome).map(
      ({ name, neededBytes, marginBytes, freeBytes }) =>
        `${name} would get ${readable(neededBytes)} and has ${readable(freeBytes)} free, of which ${readable(marginBytes)} have to stay free`,
    );
    return [];
  });
  if (small.length === 0) return;
  throw new Fatal(
    `moving replicas would fill disks: ${small.join("; ")}. Enlarge the disk, let Kafka delete records by less retention, or ` +
      `set kafka.brokers or the topic's replicationFactor so that less moves there. Nothing was moved. [KK812]`,
  );
}

/** Replicas on the disks of each serving broker, by the broker's id. */
async function storedReplicas(kafka: Connection): Promise<Map<number, StoredReplica[]>> {
  const { brokers } = await layoutOf(kafka);
  return new Map(await Promise.all(brokers.map(async ({ id }) => [id, await replicasOn(kafka, id)] as const)));
}

async function replicasToCome(
  kafka: Connection,
  moves: readonly Move[],
  stored: ReadonlyMap<number, readonly StoredReplica[]>,
): Promise<ReplicaToCome[]> {
  const { partitions, onTheMove } = await layoutWithMoves(kafka);
  const key = ({ topic, partition }: { topic: string; partition: number }): string => `${topic}-${partition}`;
  const targets = new Map([
    ...onTheMove.map((each) => [key(each), each.target] as const),
    ...moves.map((each) => [key(each), each.replicas] as const),
  ]);
  const bytesOf = new Map(
    [...stored].map(([id, replicas]) => [id, new Map(replicas.map((each) => [key(each), each.bytes]))]),
  );
  return partitions.flatMap((each) => {
    const bytes = Math.max(0, ...each.replicas.map((id) => bytesOf.get(id)?.get(key(each)) ?? 0));
    return (targets.get(key(each)) ?? [])
      .filter((id) => !each.inSync.includes(id))
      .map((broker) => ({ broker, bytes: Math.max(0, bytes - (bytesOf.get(broker)?.get(key(each)) ?? 0)) }));
  });
}

async function directoriesOf(
  kafka: Connection,
  stored: ReadonlyMap<number, readonly StoredReplica[]>,
  nodes: ReadonlyMap<string, string>,
  log: (line: string) => void,
): Promise<LogDirectoryOnDisk[]> {
  const { brokers } = await kafka.describe();
  const all = await Promise.all(
    brokers.map(async ({ id, host }) => {
      const storedThere = stored.get(id);
      if (!storedThere) throw new Error(`broker ${id} has begun to serve meanwhile`);
      const directories = await logDirectoriesOf(kafka, id);
      for (const { path, online } of directories) if (!online) log(`${path} of broker ${id} is offline`);
      const cordoned = await cordonedDirectories(
        kafka,
        id,
        directories.map(({ path }) => path),
      );
      // The first part of a broker's host name is its pod's name.
      const node = nodes.get(host.split(".")[0]!);
      return directories.flatMap(({ path, bytes }): LogDirectoryOnDisk[] => {
        if (!bytes) return [];
        const replicas = storedThere.filter(({ directory }) => directory === path).length;
        const size = { totalBytes: bytes.total, freeBytes: bytes.free };
        const host = node !== undefined && { host: node };
        return [{ broker: id, path, ...host, ...size, replicas, cordoned: cordoned.includes(path) }];
      });
    }),
  );
  return all.flat();
}
