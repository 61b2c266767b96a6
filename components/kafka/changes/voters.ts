import type { Address, Connection } from "../protocol/connection";
import { addVoter, quorumOf, removeVoter, type Quorum, type QuorumReplica } from "../protocol/quorum";
import type { Deadline } from "../../programs/inPod/waiting";

/** The one next change of the quorum's voters, or what it has to wait for. */
export type VoterChange = { add: QuorumReplica } | { remove: QuorumReplica } | { wait: string };

/** Who was last up to date so long before the leader is behind. */
const BEHIND_MS = 5_000;

/**
 * The next step from the voters that are there to those that are wanted; undefined where they are. Each step leaves a
 * majority that is up to date: nobody loses its vote while another voter is behind.
 *
 * @param wanted ids of the nodes that have to vote
 */
export function nextVoterChange(wanted: readonly number[], quorum: Quorum): VoterChange | undefined {
  const { leader, voters, observers } = quorum;
  const wait = (ids: number[]): VoterChange => ({
    wait: `nodes that have to vote don't follow yet: ${ids.join(", ")}`,
  });
  // For minutes Kafka lists among those that follow whom a node was with a volume that it lost, and would let that vote.
  const followers = observers.filter((each) => !isBehind(each, quorum));

  const unwanted = voters.filter(({ id }) => !wanted.includes(id));
  // One that is down for good comes first: every other change could wait for it in vain.
  const late = unwanted.find((each) => isBehind(each, quorum));
  if (late) return removal(late, quorum);

  // A node that lost its volume: it is back with another directory, and the vote of the old one counts as absent.
  const isBack = ({ id }: QuorumReplica): boolean => observers.some((each) => each.id === id);
  const lost = votersBehind(quorum).find((each) => wanted.includes(each.id) && isBack(each));
  if (lost) return followers.some(({ id }) => id === lost.id) ? removal(lost, quorum) : wait([lost.id]);

  const missing = wanted.filter((id) => !voters.some((each) => each.id === id));
  if (missing.length > 0) {
    const candidate = followers.find(({ id }) => missing.includes(id));
    return candidate ? { add: candidate } : wait(missing);
  }
  // The leader last: each change of it costs an election.
  const next = unwanted.find(({ id }) => id !== leader) ?? unwanted[0];
  return next && removal(next, quorum);
}

/** A voter that is behind itself adds nothing to the majority that is up to date: it can go whoever else is behind. */
function removal(voter: QuorumReplica, quorum: Quorum): VoterChange {
  const behind = votersBehind(quorum);
  if (behind.length === 0 || behind.includes(voter)) return { remove: voter };
  return { wait: `voters that are behind: ${behind.map(({ id }) => id).join(", ")}` };
}

/** Voters without which the quorum can't spare another one. */
export function votersBehind(quorum: Quorum): QuorumReplica[] {
  return quorum.voters.filter((voter) => isBehind(voter, quorum));
}

/** The leader is always up to date. For a moment it may be none of the voters, while its own vote is being taken. */
function isBehind({ lastCaughtUp }: QuorumReplica, { voters }: Quorum): boolean {
  const now = Math.max(...voters.map((each) => each.lastCaughtUp));
  return now - lastCaughtUp > BEHIND_MS;
}

/** Voters whose node is back with another volume, and follows: until it votes again, the quorum can spare nobody else. */
export function lostVotes(quorum: Quorum): QuorumReplica[] {
  const followers = quorum.observers.filter((each) => !isBehind(each, quorum));
  return votersBehind(quorum).filter(({ id }) => followers.some((each) => each.id === id));
}

export interface VoterChanges {
  readonly added: readonly number[];
  readonly removed: readonly number[];
}

/**
 * Changes the voters one at a time until they are those wanted; the next change begins when the quorum itself shows the
 * one before.
 */
export async function changeVoters(
  kafka: Connection,
  wanted: ReadonlyMap<number, Address>,
  deadline: Deadline,
): Promise<VoterChanges> {
  const added: number[] = [];
  const removed: number[] = [];
  await deadline.waitUntil("a metadata quorum as planned", async () => {
    const change = nextVoterChange([...wanted.keys()], await quorumOf(kafka));
    if (!change) return [];
    if ("wait" in change) return [change.wait];
    if ("add" in change) {
      const { id } = change.add;
      await addVoter(kafka, change.add, wanted.get(id)!);
      added.push(id);
      return [`node ${id} is being let vote`];
    }
    await removeVoter(kafka, change.remove);
    removed.push(change.remove.id);
    return [`node ${change.remove.id}'s vote is being taken`];
  });
  return { added, removed };
}
