import type { Connection } from "../protocol/connection";
import {
  addVoter,
  quorumOf,
  removeVoter,
  type Quorum,
  type QuorumReplica,
  type VoterAddress,
} from "../protocol/quorum";
import type { Deadline } from "../../programs/inPod/waiting";

/** The next change of the quorum's voters, or what it has to wait for. */
export type VoterChange = { add: QuorumReplica } | { remove: QuorumReplica } | { wait: string };

/** A replica that last caught up more than this before the leader is behind. */
const BEHIND_MS = 5_000;

/**
 * The next step from the current voters to the wanted ones; undefined once they are the same. Each step leaves a
 * majority that is up to date: no voter is removed while another one is behind.
 *
 * @param wanted ids of the nodes that are to vote
 * @see KIP-853 (voters change one at a time)
 */
export function nextVoterChange(wanted: readonly number[], quorum: Quorum): VoterChange | undefined {
  const { leader, voters, observers } = quorum;
  const wait = (ids: number[]): VoterChange => ({
    wait: `nodes that are to vote have not caught up: ${ids.join(", ")}`,
  });
  // For minutes Kafka still lists a node's old directory id as an observer, and would accept it as a voter.
  const followers = observers.filter((each) => !isBehind(each, quorum));

  const unwanted = voters.filter(({ id }) => !wanted.includes(id));
  // An unwanted voter that is behind goes first: if it is down for good, every other change would wait for it in vain.
  const unwantedBehind = unwanted.find((each) => isBehind(each, quorum));
  if (unwantedBehind) return removal(unwantedBehind, quorum);

  // A node that lost its volume comes back with a new directory id. The vote of its old one stays, and is behind.
  const isBack = ({ id }: QuorumReplica): boolean => observers.some((each) => each.id === id);
  const lost = votersBehind(quorum).find((each) => wanted.includes(each.id) && isBack(each));
  if (lost) return followers.some(({ id }) => id === lost.id) ? removal(lost, quorum) : wait([lost.id]);

  const missing = wanted.filter((id) => !voters.some((each) => each.id === id));
  if (missing.length > 0) {
    const candidate = followers.find(({ id }) => missing.includes(id));
    return candidate ? { add: candidate } : wait(missing);
  }
  // The leader goes last, since its removal costs an election.
  const next = unwanted.find(({ id }) => id !== leader) ?? unwanted[0];
  return next && removal(next, quorum);
}

/** Removes a voter. One that is behind may always go, since the up-to-date majority doesn't need it. */
function removal(voter: QuorumReplica, quorum: Quorum): VoterChange {
  const behind = votersBehind(quorum);
  if (behind.length === 0 || behind.includes(voter)) return { remove: voter };
  return { wait: `voters that are behind: ${behind.map(({ id }) => id).join(", ")}` };
}

/** Voters that are behind. Until they have caught up, the quorum can't spare another voter. */
export function votersBehind(quorum: Quorum): QuorumReplica[] {
  return quorum.voters.filter((voter) => isBehind(voter, quorum));
}

/**
 * Compares with the most up-to-date voter, which normally is the leader. While the leader's own vote is being removed,
 * the leader is none of the voters.
 */
function isBehind({ lastCaughtUp }: QuorumReplica, { voters }: Quorum): boolean {
  const newest = Math.max(...voters.map((each) => each.lastCaughtUp));
  return newest - lastCaughtUp > BEHIND_MS;
}

/**
 * Voters whose node is back with a new volume and has caught up as an observer. It has to vote again before another
 * node stops.
 */
export function lostVotes(quorum: Quorum): QuorumReplica[] {
  const followers = quorum.observers.filter((each) => !isBehind(each, quorum));
  return votersBehind(quorum).filter(({ id }) => followers.some((each) => each.id === id));
}

/** Ids of the nodes that were added to the voters and removed from them. */
export interface VoterChanges {
  readonly added: readonly number[];
  readonly removed: readonly number[];
}

/**
 * Changes the voters one at a time until they are the wanted ones. A change begins only when the quorum shows the one
 * before.
 *
 * @param wanted addresses of the nodes that are to vote, by their ids
 */
export async function changeVoters(
  kafka: Connection,
  wanted: ReadonlyMap<number, VoterAddress>,
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
      return [`node ${id} is being added to the voters`];
    }
    await removeVoter(kafka, change.remove);
    removed.push(change.remove.id);
    return [`node ${change.remove.id} is being removed from the voters`];
  });
  return { added, removed };
}
