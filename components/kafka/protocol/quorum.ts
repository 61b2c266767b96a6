import { codes, failOn } from "./errors";
import type { Address, Connection } from "./connection";
import { addRaftVoter, describeQuorum, removeRaftVoter } from "./requests";
import type { ValueOf } from "./types";

/** A node of the metadata quorum. */
export interface QuorumReplica {
  readonly id: number;
  /**
   * Directory id of the node's replica of the metadata. A node that lost its volume comes back with a new one.
   *
   * @see KIP-853
   */
  readonly directory: string;
  /** Offset of the end of its log. */
  readonly logEnd: number;
  /** Time (ms, by the leader's clock) at which it last had all the leader's records; -1 if it never had. */
  readonly lastCaughtUp: number;
}

/** Voters and observers of the metadata quorum. */
export interface Quorum {
  /** Id of the active controller. */
  readonly leader: number;
  readonly highWatermark: number;
  readonly voters: readonly QuorumReplica[];
  readonly observers: readonly QuorumReplica[];
}

const METADATA_TOPIC = "__cluster_metadata";
/** Time limit for a new voter that has caught up to fetch the change, and for the quorum to commit it. */
const ADD_TIMEOUT_MS = 8_000;

/** The quorum as its leader sees it. Any broker forwards the request. @see KIP-836 (DescribeQuorum) */
export async function quorumOf(kafka: Connection): Promise<Quorum> {
  const what = "the metadata quorum can't be described";
  const answer = await describe(kafka, what);
  const partition = answer.topics[0]?.partitions[0];
  if (!partition) throw new Error(what);
  failOn(what, partition);
  return partition;
}

/** Names of the listeners at which the quorum finds each voter, by the voter's id. */
export async function listenersOfVoters(kafka: Connection): Promise<Map<number, string[]>> {
  const { nodes } = await describe(kafka, "the voters' listeners can't be read");
  return new Map(nodes.map(({ id, listeners }) => [id, listeners.map(({ name }) => name)]));
}

async function describe(kafka: Connection, what: string): Promise<ValueOf<typeof describeQuorum.answer>> {
  const question = { topics: [{ name: METADATA_TOPIC, partitions: [{ partition: 0 }] }] };
  const answer = await kafka.ask(describeQuorum, question);
  failOn(what, answer);
  return answer;
}

/** Where the other nodes of the quorum reach a voter. */
export interface VoterAddress extends Address {
  /** All of its listeners for controllers. @default CONTROLLER at `port` */
  readonly listeners?: readonly { readonly name: string; readonly port: number }[];
}

/**
 * Adds an observer to the voters. Kafka refuses one that hasn't caught up, and a second change while one is under way.
 *
 * @see KIP-853 (AddRaftVoter)
 */
export async function addVoter(kafka: Connection, { id, directory }: QuorumReplica, at: VoterAddress): Promise<void> {
  const { host, port, listeners: all = [{ name: "CONTROLLER", port }] } = at;
  const listeners = all.map((each) => ({ ...each, host }));
  const answer = await kafka.ask(addRaftVoter, {
    clusterId: null,
    timeoutMs: ADD_TIMEOUT_MS,
    voter: id,
    directory,
    listeners,
  });
  failOn(`node ${id} can't be added to the voters`, answer, [codes.duplicateVoter]);
}

/** Removes a voter, which goes on as an observer. @see KIP-853 (RemoveRaftVoter) */
export async function removeVoter(kafka: Connection, { id, directory }: QuorumReplica): Promise<void> {
  const answer = await kafka.ask(removeRaftVoter, { clusterId: null, voter: id, directory });
  failOn(`node ${id} can't be removed from the voters`, answer, [codes.voterNotFound]);
}
