import { assignment } from "../../../components/verification/program/topic";

test.each([
  [1, 3, 1],
  [3, 6, 3],
  [4, 8, 3],
])(
  "%i brokers lead their share of %i partitions, and no partition has two copies on one",
  (count, partitions, copies) => {
    const brokers = Array.from({ length: count }, (_, id) => id);
    const assigned = assignment({ partitions, brokers, replicationFactor: copies });
    expect(assigned.map(({ partition }) => partition)).toEqual(Array.from({ length: partitions }, (_, id) => id));
    for (const { replicas } of assigned) expect(new Set(replicas).size).toBe(copies);
    const led = brokers.map((id) => assigned.filter(({ replicas }) => replicas[0] === id).length);
    expect(led).toEqual(brokers.map(() => partitions / count));
  },
);
