import { codes, failOn } from "./errors";
import type { Address, Connection } from "./connection";
import { addRaftVoter, describeQuorum, removeRaftVoter } from "./requests";

/** A node of the metadata quorum. */
export interface QuorumReplica {
  readonly id: number;
  /** Id of the directory that holds the node's replica of the metadata. A node that lost its volume comes back with another one. */
  readonly directory: string;
  readonly logEnd: number;
  /** Time (ms) at which it last had all that the leader has, by the leader's clock; -1 where it hasn't yet. */
  readonly lastCaughtUp: number;
}

/** Who votes on the cluster's metadata, and who only follows. */
export interface Quorum {
  /** The active controller. */
  readonly leader: number;
  readonly highWatermark: number;
  readonly voters: readonly QuorumReplica[];
  readonly observers: readonly QuorumReplica[];
}

const METADATA_TOPIC = "__cluster_metadata";
/** Longer than a new voter that has caught up needs to fetch the change and commit it. */
const ADD_TIMEOUT_MS = 8_000;

/** Asks any broker, which passes the question on to the quorum's leader. */
export async function quorumOf(kafka: Connection): Promise<Quorum> {
  const what = "the metadata quorum can't be described";
  const question = { topics: [{ name: METADATA_TOPIC, partitions: [{ partition: 0 }] }] };
  const answer = await kafka.ask(describeQuorum, question);
  failOn(what, answer);
  const partition = answer.topics[0]?.partitions[0];
  if (!partition) throw new Error(what);
  failOn(what, partition);
  return partition;
}

/** Lets an observer vote. Kafka refuses one that hasn't caught up, and a second change while one is under way. */
export async function addVoter(kafka: Connection, { id, directory }: QuorumReplica, at: Address): Promise<void> {
  const listeners = [{ name: "CONTROLLER", ...at }];
  const answer = await kafka.ask(addRaftVoter, {
    clusterId: null,
    timeoutMs: ADD_TIMEOUT_MS,
    voter: id,
    directory,
    listeners,
  });
  failOn(`node ${id} can't be let vote`, answer, [codes.duplicateVoter]);
}

/** Takes a voter's vote. It goes on as an observer. */
export async function removeVoter(kafka: Connection, { id, directory }: QuorumReplica): Promise<void> {
  const answer = await kafka.ask(removeRaftVoter, { clusterId: null, voter: id, directory });
  failOn(`node ${id}'s vote can't be taken`, answer, [codes.voterNotFound]);
}
