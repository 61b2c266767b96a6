import type { Connection } from "./connection";
import { codes, failOn } from "./errors";
import { alterReassignments, describeLogDirs, electLeaders, listReassignments } from "./requests";

export const NO_LEADER = -1;

/** One partition's current leader and replicas. */
export interface Partition {
  readonly topic: string;
  readonly partition: number;
  /** Id of the broker that leads it; `NO_LEADER` if none does. */
  readonly leader: number;
  /**
   * Ids of the brokers with a replica; during a move, both the old and the new ones. The first is the preferred leader.
   */
  readonly replicas: readonly number[];
  /** Ids of the brokers whose replica is in sync. */
  readonly inSync: readonly number[];
  /**
   * Ids of the brokers whose replica is offline, since the broker is down or its log directory failed.
   * @default none
   */
  readonly offline?: readonly number[];
}

/** Serving brokers, and the partitions of all topics. */
export interface Layout {
  /** Brokers that serve clients. */
  readonly brokers: readonly { readonly id: number; readonly rack?: string }[];
  readonly partitions: readonly Partition[];
}

/** A replica of a partition on a broker's disk. */
export interface StoredReplica {
  readonly topic: string;
  readonly partition: number;
  readonly bytes: number;
  /** Path of its log directory. @example "/var/lib/kafka/data" */
  readonly directory: string;
}

/** A log directory of a broker. */
export interface LogDirectory {
  readonly path: string;
  /** Whether the broker can read and write it. */
  readonly online: boolean;
  /** Size and free bytes of the file system. @default unknown @see KIP-827 */
  readonly bytes?: { readonly total: number; readonly free: number };
}

/** Names of up to three partitions. @example "orders-0, orders-1, orders-2" */
export function namesOf(partitions: readonly Partition[]): string {
  return partitions
    .slice(0, 3)
    .map(({ topic, partition }) => `${topic}-${partition}`)
    .join(", ");
}

const TIMEOUT_MS = 30_000;
const PREFERRED = 0;

/** The current layout of all topics, including Kafka's own. */
export async function layoutOf(kafka: Connection): Promise<Layout> {
  const { brokers, topics } = await kafka.describe();
  return {
    brokers: brokers.map(({ id, rack }) => ({ id, ...(rack !== null && { rack }) })),
    partitions: topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partition, leader, replicas, inSync, offline }) => ({
        topic: name!,
        partition,
        leader,
        replicas,
        inSync,
        offline,
      })),
    ),
  };
}

/** A partition on the move, with the brokers that it will lie on when it is done. */
export interface Moving {
  readonly topic: string;
  readonly partition: number;
  readonly target: readonly number[];
}

const MOST_LOOKS = 5;

/**
 * All partitions, and those of them that are on the move. Kafka answers the two questions separately: a partition whose move ends in
 * between would have its old and its new replicas and not be on the move. So it is asked for the moves before and after, and again
 * where the two answers differ.
 *
 * @throws Error if they differ each time; a later attempt may succeed
 */
export async function layoutWithMoves(kafka: Connection): Promise<Layout & { readonly onTheMove: readonly Moving[] }> {
  const inWords = (moves: readonly Moving[]): string =>
    moves
      .map(({ topic, partition, target }) => `${topic}-${partition} ${target.join()}`)
      .sort()
      .join("; ");
  let before = await moving(kafka);
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    const layout = await layoutOf(kafka);
    const onTheMove = await moving(kafka);
    if (inWords(before) === inWords(onTheMove)) return { ...layout, onTheMove };
    before = onTheMove;
  }
  throw new Error("moves of partitions begin or end each time that Kafka is asked for them");
}

/** All partitions on the move. */
export async function moving(kafka: Connection): Promise<Moving[]> {
  const answer = await kafka.ask(listReassignments, { timeoutMs: TIMEOUT_MS, topics: null });
  failOn("moving partitions can't be listed", answer, [codes.noReassignmentInProgress]);
  return answer.topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partition, replicas, removing }) => ({
      topic: name,
      partition,
      target: replicas.filter((id) => !removing.includes(id)),
    })),
  );
}

/** Starts moves of partitions' replicas. A move that is already under way gets the new target. @see KIP-455 */
export async function move(
  kafka: Connection,
  moves: readonly { topic: string; partition: number; replicas: readonly number[] }[],
): Promise<void> {
  const topics = [...Map.groupBy(moves, ({ topic }) => topic)].map(([name, partitions]) => ({ name, partitions }));
  const answer = await kafka.ask(alterReassignments, { timeoutMs: TIMEOUT_MS, topics });
  failOn("partitions can't be moved", answer);
  for (const { name, partitions } of answer.topics) {
    for (const each of partitions) failOn(`${name}-${each.partition} can't be moved`, each);
  }
}

/**
 * Elects the preferred leader of each partition, if it is in sync.
 *
 * @param of partitions to elect leaders of @default all
 * @see KIP-460 (election of leaders)
 */
export async function electPreferredLeaders(
  kafka: Connection,
  of: readonly { topic: string; partitions: readonly number[] }[] | null = null,
): Promise<void> {
  const answer = await kafka.ask(electLeaders, { electionType: PREFERRED, topics: of, timeoutMs: TIMEOUT_MS });
  failOn("preferred leaders can't be elected", answer, [codes.electionNotNeeded]);
}

/** Replicas on a broker's disks, without those in an offline log directory. */
export async function replicasOn(kafka: Connection, broker: number): Promise<StoredReplica[]> {
  const answer = await kafka.askBroker(broker, describeLogDirs, { topics: null });
  failOn(`the log directories of broker ${broker} can't be read`, answer);
  return answer.dirs.flatMap((dir) => {
    failOn(`${dir.path} of broker ${broker} can't be read`, dir, [codes.storageError]);
    return dir.topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partition, size }) => ({ topic: name, partition, bytes: size, directory: dir.path })),
    );
  });
}

/** A broker's log directories, including offline ones. */
export async function logDirectoriesOf(kafka: Connection, broker: number): Promise<LogDirectory[]> {
  const answer = await kafka.askBroker(broker, describeLogDirs, { topics: [] });
  failOn(`the log directories of broker ${broker} can't be read`, answer);
  return answer.dirs.map(({ path, errorCode, totalBytes, usableBytes }) => ({
    path,
    online: errorCode === 0,
    ...(totalBytes >= 0 && usableBytes >= 0 && { bytes: { total: totalBytes, free: usableBytes } }),
  }));
}
