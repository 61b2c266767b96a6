import { nextVoterChange, votersBehind } from "../../../../components/kafka/changes/voters";
import type { Quorum, QuorumReplica } from "../../../../components/kafka/protocol/quorum";

const NOW = 1_790_000_000_000;
const replica = (id: number, changes: Partial<QuorumReplica> = {}): QuorumReplica => ({
  id,
  directory: `directory-${id}`,
  logEnd: 100,
  lastCaughtUp: NOW,
  ...changes,
});
const quorum = (voters: QuorumReplica[], observers: QuorumReplica[] = [], leader = 0): Quorum => ({
  leader,
  highWatermark: 100,
  voters,
  observers,
});
const ids = (count: number): number[] => Array.from({ length: count }, (_, id) => id);

test("a quorum as planned needs no change, whatever observers it has", () =>
  expect(
    nextVoterChange(
      [0, 1, 2],
      quorum(
        ids(3).map((id) => replica(id)),
        [replica(3)],
      ),
    ),
  ).toBeUndefined());

test("from one voter to five and back to three, one at a time, the leader is removed last", () => {
  let { voters, observers } = quorum(
    [replica(0)],
    [1, 2, 3, 4].map((id) => replica(id)),
  );
  const steps: string[] = [];
  for (const wanted of [ids(5), [1, 2, 3]]) {
    for (;;) {
      const change = nextVoterChange(wanted, quorum([...voters], [...observers]));
      if (!change) break;
      if ("wait" in change) throw new Error(change.wait);
      if ("add" in change) {
        steps.push(`+${change.add.id}`);
        voters = [...voters, change.add];
        observers = observers.filter((each) => each !== change.add);
      } else {
        steps.push(`-${change.remove.id}`);
        voters = voters.filter((each) => each !== change.remove);
        observers = [...observers, change.remove];
      }
    }
  }
  expect(steps).toEqual(["+1", "+2", "+3", "+4", "-4", "-0"]);
});

test("a node that isn't an observer yet is awaited", () =>
  expect(nextVoterChange([0, 1, 2], quorum([replica(0)]))).toEqual({
    wait: "nodes that are to vote have not caught up: 1, 2",
  }));

test("no voter is removed while another one is behind", () =>
  expect(nextVoterChange([0, 1], quorum([replica(0), replica(1, { lastCaughtUp: NOW - 60_000 }), replica(2)]))).toEqual(
    { wait: "voters that are behind: 1" },
  ));

test("a voter that is behind itself may be removed", () =>
  expect(nextVoterChange([0, 1], quorum([replica(0), replica(1), replica(2, { lastCaughtUp: -1 })]))).toEqual({
    remove: replica(2, { lastCaughtUp: -1 }),
  }));

test("unplanned voters that are down are removed first, and none of them waits for another", () => {
  const down = [3, 4].map((id) => replica(id, { lastCaughtUp: NOW - 60_000 }));
  const steps = (voters: QuorumReplica[]) => nextVoterChange([0], quorum(voters));
  expect(steps([replica(0), replica(1), replica(2), ...down])).toEqual({ remove: down[0] });
  expect(steps([replica(0), replica(1), replica(2), down[1]!])).toEqual({ remove: down[1] });
  expect(steps([replica(0), replica(1), replica(2)])).toEqual({ remove: replica(1) });
});

test("a voter that is down is removed before its successor is added", () => {
  const down = replica(2, { lastCaughtUp: -1 });
  expect(nextVoterChange([0, 1, 3], quorum([replica(0), replica(1), down]))).toEqual({ remove: down });
});

test("a new voter is added before an old one is removed", () => {
  const change = nextVoterChange(
    [0, 1, 3],
    quorum(
      ids(3).map((id) => replica(id)),
      [replica(3)],
    ),
  );
  expect(change).toEqual({ add: replica(3) });
});

test("a node with a new volume loses the vote of its old directory id, and gets one for the new id", () => {
  const lost = replica(1, { lastCaughtUp: -1 });
  const fresh = replica(1, { directory: "another" });
  const three = [replica(0), lost, replica(2)];
  expect(nextVoterChange([0, 1, 2], quorum(three, [fresh]))).toEqual({ remove: lost });
  // For minutes Kafka still lists the node's old directory id as an observer.
  expect(nextVoterChange([0, 1, 2], quorum([replica(0), replica(2)], [lost, fresh]))).toEqual({ add: fresh });
  const wait = { wait: "nodes that are to vote have not caught up: 1" };
  expect(nextVoterChange([0, 1, 2], quorum([replica(0), replica(2)], [lost]))).toEqual(wait);
  expect(nextVoterChange([0, 1, 2], quorum([replica(0), fresh, replica(2)], [lost]))).toBeUndefined();
  // The node is an observer before it has all records.
  const starting = { ...fresh, lastCaughtUp: -1 };
  expect(nextVoterChange([0, 1, 2], quorum(three, [starting]))).toEqual(wait);
});

test("a voter counts as behind even while the leader is no voter", () => {
  const behind = replica(2, { lastCaughtUp: NOW - 60_000 });
  expect(votersBehind(quorum([replica(1), behind], [replica(0)]))).toEqual([behind]);
});
