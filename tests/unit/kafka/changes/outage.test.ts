import { outageWithout } from "../../../../components/kafka/changes/outage";
import type { Partition } from "../../../../components/kafka/protocol/partitions";

const NOW = 100_000;
const partition = (topic: string, replicas: number[], more: Partial<Partition> = {}): Partition => ({
  topic,
  partition: 0,
  leader: replicas[0]!,
  replicas,
  inSync: replicas,
  offline: [],
  ...more,
});
const quorumOf = (...ids: number[]) => ({
  leader: ids[0]!,
  highWatermark: 1,
  voters: ids.map((id) => ({ id, directory: "", logEnd: 1, lastCaughtUp: NOW })),
  observers: [],
});
const without = (nodes: number[], partitions: Partition[], minimum = 2, quorum = quorumOf(0, 1, 2)) =>
  outageWithout(
    nodes,
    { layout: { brokers: [], partitions }, quorum },
    new Map(partitions.map(({ topic }) => [topic, minimum])),
  );
const nothing = { asInRoll: [], together: [] };
const waits = "fewer replicas in sync than min.insync.replicas, so writes with acks=all wait";
const gone = "has no replica in sync, so it can be neither read nor written";

test("one of three replicas and of three voters is missed by nobody", () =>
  expect(without([0], [partition("t", [0, 1, 2])])).toEqual(nothing));

test("a partition's only replica is missed, as in a roll", () =>
  expect(without([0], [partition("t", [0]), partition("u", [1])], 1)).toEqual({
    asInRoll: [`1 partition (t-0) ${gone}`],
    together: [],
  }));

test("writes wait, as in a roll, if min.insync.replicas is the number of replicas", () =>
  expect(without([1], [partition("t", [0, 1, 2])], 3).asInRoll).toEqual([`1 partition (t-0) has ${waits}`]));

test("two of three replicas on one host are missed, which a roll would not do", () =>
  expect(without([0, 1], [partition("t", [0, 1, 2]), partition("u", [1, 0, 2])])).toMatchObject({
    asInRoll: [],
    together: [
      `2 partitions (t-0, u-0) have ${waits}`,
      "1 of 3 voters is left, which is no majority, so topics and leaders can't change",
    ],
  }));

test("reads that end are more than a roll's writes that wait", () =>
  expect(without([0, 1], [partition("t", [0, 1])], 2, quorumOf(2))).toEqual({
    asInRoll: [],
    together: [`1 partition (t-0) ${gone}`],
  }));

test("a partition's writes wait for no more replicas than it has, so two of two serve until one stops", () =>
  expect(without([1], [partition("t", [0, 1])], 3).asInRoll).toEqual([`1 partition (t-0) has ${waits}`]));

test("what is interrupted already isn't due to the stop", () =>
  expect(without([0], [partition("t", [1], { offline: [1] }), partition("u", [1, 2], { inSync: [1] })])).toEqual(
    nothing,
  ));

test("a replica in sync whose disk is offline doesn't count", () =>
  expect(without([0], [partition("t", [0, 1], { offline: [1] })], 1).asInRoll).toHaveLength(1));

test.each([
  ["the only voter", [0], [0], "0 of 1"],
  ["one of two voters", [1], [0, 1], "1 of 2"],
])("%s is missed, as in a roll", (_, nodes, voters, left) =>
  expect(without(nodes, [], 1, quorumOf(...voters)).asInRoll).toEqual([expect.stringContaining(`${left} voters`)]),
);

test("a voter that is behind counts as missing", () => {
  const quorum = quorumOf(0, 1, 2);
  const [first, second, third] = quorum.voters;
  const behind = { ...quorum, voters: [first!, second!, { ...third!, lastCaughtUp: 1 }] };
  expect(without([0], [], 1, behind).asInRoll).toEqual([expect.stringContaining("1 of 3 voters")]);
});

test("a node of the host that is down already doesn't make the others' stop like a roll's", () => {
  const one = partition("t", [0, 1, 2], { inSync: [0, 1], offline: [2] });
  const quorum = quorumOf(0, 1, 2);
  const [first, second, third] = quorum.voters;
  const without2 = { ...quorum, voters: [first!, second!, { ...third!, lastCaughtUp: 1 }] };
  expect(without([1, 2], [one], 2, without2)).toEqual({
    asInRoll: [],
    together: [expect.stringContaining(waits), expect.stringContaining("1 of 3 voters")],
  });
});
