import type { Connection } from "./connection";
import { codes, failOn } from "./errors";
import { alterReassignments, describeLogDirs, electLeaders, listReassignments } from "./requests";

/** One partition as it is. */
export interface Partition {
  readonly topic: string;
  readonly partition: number;
  /** -1 where there is none. */
  readonly leader: number;
  /** Brokers that keep a replica, while it moves both the old and the new ones. The first is the preferred leader. */
  readonly replicas: readonly number[];
  readonly inSync: readonly number[];
  /** Those of the replicas whose broker is down or has lost their log directory. @default none */
  readonly offline?: readonly number[];
}

export interface Layout {
  /** Brokers that serve. */
  readonly brokers: readonly { readonly id: number; readonly rack?: string }[];
  readonly partitions: readonly Partition[];
}

/** A replica of a partition on a broker's disk. */
export interface StoredReplica {
  readonly topic: string;
  readonly partition: number;
  readonly bytes: number;
  /** Path of its log directory. */
  readonly directory: string;
}

/** A log directory of a broker. */
export interface LogDirectory {
  readonly path: string;
  /** Whether the broker can read and write there. */
  readonly online: boolean;
  /** Size of the file system and what is free of it; none where the broker can't tell. */
  readonly bytes?: { readonly total: number; readonly free: number };
}

/** Up to three of some partitions, for a sentence. */
export function namesOf(partitions: readonly Partition[]): string {
  return partitions
    .slice(0, 3)
    .map(({ topic, partition }) => `${topic}-${partition}`)
    .join(", ");
}

const TIMEOUT_MS = 30_000;
const PREFERRED = 0;

/** The partitions of all topics, Kafka's own included. */
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

/** Partitions on the move, with the brokers that they will lie on when it is done. */
export async function moving(
  kafka: Connection,
): Promise<{ topic: string; partition: number; target: readonly number[] }[]> {
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

/** Starts to move partitions' replicas. A move that is under way already gets the new target in place of its own. */
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
 * Lets every partition be led by its preferred leader, where that one is in sync.
 *
 * @param of partitions to elect leaders of @default all
 */
export async function electPreferredLeaders(
  kafka: Connection,
  of: readonly { topic: string; partitions: readonly number[] }[] | null = null,
): Promise<void> {
  const answer = await kafka.ask(electLeaders, { electionType: PREFERRED, topics: of, timeoutMs: TIMEOUT_MS });
  failOn("preferred leaders can't be elected", answer, [codes.electionNotNeeded]);
}

/** What lies on a broker's disks. A log directory that is offline shows nothing. */
export async function replicasOn(kafka: Connection, broker: number): Promise<StoredReplica[]> {
  const answer = await kafka.askBroker(broker, describeLogDirs, { topics: null });
  failOn(`broker ${broker} doesn't tell what it keeps`, answer);
  return answer.dirs.flatMap((dir) => {
    failOn(`${dir.path} of broker ${broker} can't be read`, dir, [codes.storageError]);
    return dir.topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partition, size }) => ({ topic: name, partition, bytes: size, directory: dir.path })),
    );
  });
}

/** A broker's log directories, those that it can't use among them. */
export async function logDirectoriesOf(kafka: Connection, broker: number): Promise<LogDirectory[]> {
  const answer = await kafka.askBroker(broker, describeLogDirs, { topics: [] });
  failOn(`broker ${broker} doesn't tell what it keeps`, answer);
  return answer.dirs.map(({ path, errorCode, totalBytes, usableBytes }) => ({
    path,
    online: errorCode === 0,
    ...(totalBytes >= 0 && usableBytes >= 0 && { bytes: { total: totalBytes, free: usableBytes } }),
  }));
}
