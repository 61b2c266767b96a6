import {
  planMoves,
  tooManyReplicas,
  type Broker,
  type PartitionReplicas,
} from "../../../../components/kafka/changes/moves";

const topic = (name: string, ...partitions: number[][]): PartitionReplicas[] =>
  partitions.map((replicas, partition) => ({ topic: name, partition, replicas }));
const brokers = (...ids: number[]): Broker[] => ids.map((id) => ({ id }));

/** The layout after the moves. */
function layoutAfter(partitions: PartitionReplicas[], moves: readonly PartitionReplicas[]): PartitionReplicas[] {
  return partitions.map(
    (each) => moves.find(({ topic, partition }) => topic === each.topic && partition === each.partition) ?? each,
  );
}

const countBy = (ids: readonly number[], all: readonly number[]): number[] =>
  all.map((id) => ids.filter((each) => each === id).length);
const spreadOf = (counts: readonly number[]): number => Math.max(...counts) - Math.min(...counts);
const movedReplicas = (moves: readonly { adding: readonly number[] }[]): number =>
  moves.reduce((sum, { adding }) => sum + adding.length, 0);

/** A random layout, with topics of different numbers of partitions and replicas. */
function anyLayout(seed: number, brokers: number): PartitionReplicas[] {
  let state = seed;
  const random = (below: number): number => {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    return (state >> 8) % below;
  };
  return Array.from({ length: 1 + random(6) }, (_, index) => {
    const replicationFactor = 1 + random(Math.min(3, brokers));
    const partitions = Array.from({ length: 1 + random(12) }, () => {
      const ids = Array.from({ length: brokers }, (_, id) => id);
      return Array.from({ length: replicationFactor }, () => ids.splice(random(ids.length), 1)[0]!);
    });
    return topic(`topic-${index}`, ...partitions);
  }).flat();
}

const seeds = Array.from({ length: 200 }, (_, index) => index * 7919 + 1);

describe("off removed brokers", () => {
  test("a replica moves, and keeps its place in the order: a leader's successor leads", () =>
    expect(planMoves(topic("t", [3, 0], [1, 3], [0, 1]), brokers(0, 1, 2))).toEqual([
      { topic: "t", partition: 0, replicas: [2, 0], adding: [2] },
      { topic: "t", partition: 1, replicas: [1, 2], adding: [2] },
    ]));

  test("only the replicas on them move, and all of these", () => {
    for (const seed of seeds) {
      const partitions = anyLayout(seed, 5);
      const moves = planMoves(partitions, brokers(0, 1, 2));
      const leaving = partitions.flatMap(({ replicas }) => replicas).filter((id) => id > 2);
      expect(movedReplicas(moves)).toBe(leaving.length);
      for (const { replicas } of layoutAfter(partitions, moves)) {
        expect(replicas.every((id) => id <= 2)).toBe(true);
        expect(new Set(replicas).size).toBe(replicas.length);
      }
    }
  });

  test("an interrupted move, planned again, continues and moves nothing twice", () => {
    for (const seed of seeds) {
      const partitions = anyLayout(seed, 5);
      const moves = planMoves(partitions, brokers(0, 1, 2));
      const half = layoutAfter(partitions, moves.slice(0, moves.length / 2));
      const rest = planMoves(half, brokers(0, 1, 2));
      expect(movedReplicas(rest)).toBe(movedReplicas(moves) - movedReplicas(moves.slice(0, moves.length / 2)));
    }
  });

  test("topics with too many replicas are reported, with their number", () =>
    expect(tooManyReplicas([...topic("big", [0, 1, 2], [0, 1]), ...topic("small", [0])], 2)).toEqual(
      new Map([["big", 3]]),
    ));

  test("a plan that can't be is refused, and may heal: the third replica may be about to go", () =>
    expect(() => planMoves(topic("t", [0, 1, 2]), brokers(0, 1))).toThrow(
      expect.objectContaining({ name: "Error", message: "t can't have 3 replicas on 2 brokers" }),
    ));
});

describe("the number of replicas", () => {
  test("grows on the brokers with the fewest replicas, and the leader stays", () =>
    expect(planMoves(topic("offsets", [0], [0]), brokers(0, 1, 2), { replicationFactors: { offsets: 2 } })).toEqual([
      { topic: "offsets", partition: 0, replicas: [0, 1], adding: [1] },
      { topic: "offsets", partition: 1, replicas: [0, 2], adding: [2] },
    ]));

  test("shrinks on the brokers with the most replicas, and the leader stays", () => {
    const partitions = [...topic("offsets", [0, 1, 2]), ...topic("other", [1], [1])];
    expect(planMoves(partitions, brokers(0, 1, 2), { replicationFactors: { offsets: 2 } })).toEqual([
      { topic: "offsets", partition: 0, replicas: [0, 2], adding: [] },
    ]);
  });

  test("a surplus replica is removed with its broker, without a move", () =>
    expect(planMoves(topic("offsets", [2, 0, 1]), brokers(0, 1), { replicationFactors: { offsets: 2 } })).toEqual([
      { topic: "offsets", partition: 0, replicas: [0, 1], adding: [] },
    ]));
});

describe("balance", () => {
  test("new brokers get their share: no broker has two replicas more than another", () => {
    for (const seed of seeds) {
      const partitions = anyLayout(seed, 3);
      const all = [0, 1, 2, 3, 4];
      const layout = layoutAfter(partitions, planMoves(partitions, brokers(...all), { balance: true }));
      const copies = countBy(
        layout.flatMap(({ replicas }) => replicas),
        all,
      );
      expect(spreadOf(copies)).toBeLessThanOrEqual(1);
      for (const { replicas } of layout) expect(new Set(replicas).size).toBe(replicas.length);
    }
  });

  test("no more replicas move than the brokers with few of them lack", () => {
    for (const seed of seeds) {
      const partitions = anyLayout(seed, 3);
      const all = [0, 1, 2, 3, 4];
      const copies = partitions.flatMap(({ replicas }) => replicas);
      const share = Math.floor(copies.length / all.length);
      const surplus = countBy(copies, all).sort((a, b) => b - a);
      const least = surplus.reduce(
        (sum, count, at) => sum + Math.max(0, count - share - (at < copies.length % all.length ? 1 : 0)),
        0,
      );
      expect(movedReplicas(planMoves(partitions, brokers(...all), { balance: true }))).toBe(least);
    }
  });

  test("a balanced topic stays as it is", () => {
    for (const seed of seeds) {
      const partitions = anyLayout(seed, 3);
      const once = layoutAfter(partitions, planMoves(partitions, brokers(0, 1, 2, 3), { balance: true }));
      expect(planMoves(once, brokers(0, 1, 2, 3), { balance: true })).toEqual([]);
    }
  });

  test("is off by default, and then nothing moves", () =>
    expect(planMoves(topic("t", [0], [0], [0]), brokers(0, 1, 2))).toEqual([]));

  test("a topic's replicas move off the brokers that have most of them", () => {
    const partitions = [...topic("a", [0], [0], [0], [0]), ...topic("b", [0], [0])];
    const moves = planMoves(partitions, brokers(0, 1, 2), { balance: true });
    expect(moves.map(({ topic }) => topic).sort()).toEqual(["a", "a", "a", "b"]);
  });

  test("leadership is balanced as well, by another order of replicas if none has to move", () =>
    expect(planMoves(topic("t", [0, 1], [0, 1], [0, 1], [0, 1]), brokers(0, 1), { balance: true })).toEqual([
      { topic: "t", partition: 0, replicas: [1, 0], adding: [] },
      { topic: "t", partition: 1, replicas: [1, 0], adding: [] },
    ]));
});

describe("racks", () => {
  const zones: Broker[] = [
    { id: 0, rack: "a" },
    { id: 1, rack: "a" },
    { id: 2, rack: "b" },
    { id: 3, rack: "c" },
  ];
  const racksOf = (replicas: readonly number[]) => new Set(replicas.map((id) => zones[id]!.rack)).size;

  test("a replica moves to a rack without one, even if brokers elsewhere have fewer replicas", () => {
    const partitions = [...topic("t", [0, 4]), ...topic("full", [2], [2], [2], [3], [3], [3])];
    expect(planMoves(partitions, zones)[0]!.replicas).not.toContain(1);
  });

  test("balance moves replicas from a rack with two into one without any, and the leader stays", () =>
    expect(planMoves(topic("t", [0, 1]), zones, { balance: true })).toEqual([
      { topic: "t", partition: 0, replicas: [0, 2], adding: [2] },
    ]));

  test("an additional rack is worth a move, a fuller broker isn't", () => {
    const two: Broker[] = [
      { id: 0, rack: "a" },
      { id: 1, rack: "a" },
      { id: 2, rack: "b" },
    ];
    const partitions = topic("t", [0, 2], [1, 2], [0, 2], [1, 2]);
    expect(movedReplicas(planMoves(partitions, two, { balance: true }))).toBe(0);
  });

  test("with balance, each partition's replicas are in as many racks as possible, each on another broker", () => {
    for (const seed of seeds) {
      const partitions = anyLayout(seed, 4);
      for (const { replicas } of layoutAfter(partitions, planMoves(partitions, zones, { balance: true }))) {
        expect(racksOf(replicas)).toBe(Math.min(replicas.length, 3));
        expect(new Set(replicas).size).toBe(replicas.length);
      }
    }
  });

  test("a topic that is spread and balanced stays as it is", () => {
    for (const seed of seeds) {
      const partitions = anyLayout(seed, 4);
      const once = layoutAfter(partitions, planMoves(partitions, zones, { balance: true }));
      expect(planMoves(once, zones, { balance: true })).toEqual([]);
    }
  });

  test("a single rack for all brokers has no effect", () => {
    for (const seed of seeds) {
      const partitions = anyLayout(seed, 3);
      const one = [0, 1, 2, 3].map((id) => ({ id, rack: "a" }));
      expect(planMoves(partitions, one, { balance: true })).toEqual(
        planMoves(partitions, brokers(0, 1, 2, 3), { balance: true }),
      );
    }
  });

  test("balance never moves two replicas from two racks into one", () => {
    for (const seed of seeds) {
      const partitions = anyLayout(seed, 4);
      for (const [index, { replicas }] of layoutAfter(
        partitions,
        planMoves(partitions, zones, { balance: true }),
      ).entries()) {
        expect(racksOf(replicas)).toBeGreaterThanOrEqual(racksOf(partitions[index]!.replicas));
      }
    }
  });
});

describe("a broker that an administrator has cordoned", () => {
  const [others, cordoned] = [brokers(0, 1), { id: 2, cordoned: true }];

  test("gets no replica that another broker can take", () => {
    for (const seed of seeds) {
      const partitions = anyLayout(seed, 2);
      const moves = planMoves(partitions, [...others, cordoned], { balance: true });
      expect(layoutAfter(partitions, moves).flatMap(({ replicas }) => replicas)).not.toContain(2);
    }
    expect(planMoves(topic("t", [3], [3]), [...others, cordoned])).toMatchObject([{ adding: [0] }, { adding: [1] }]);
  });

  test("is in a rack to which nothing is spread", () => {
    const racked = [...others.map(({ id }) => ({ id, rack: "a" })), { ...cordoned, rack: "b" }];
    expect(planMoves(topic("t", [0, 1]), racked, { balance: true })).toEqual([]);
  });

  test("gets a replica if there is no other broker, since one to be removed would be worse", () =>
    expect(planMoves(topic("t", [0, 3]), [{ id: 0 }, cordoned])).toMatchObject([{ replicas: [0, 2] }]));

  test("keeps its replicas", () => expect(planMoves(topic("t", [2, 0], [2, 1]), [...others, cordoned])).toEqual([]));
});
