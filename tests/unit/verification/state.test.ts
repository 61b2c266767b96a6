import { brokersOf } from "../../../components/verification/program/state";

test("of each broker it is told what it keeps, what of it is in sync, and what it leads", () => {
  const partition = { topic: "t", partition: 0, leader: 1, replicas: [0, 1], inSync: [1] };
  const alone = { topic: "t", partition: 1, leader: 0, replicas: [0], inSync: [0] };
  expect(brokersOf({ brokers: [{ id: 0, rack: "a" }, { id: 1 }, { id: 2 }], partitions: [partition, alone] })).toEqual({
    0: { copies: 2, inSync: 1, leads: 1, rack: "a" },
    1: { copies: 1, inSync: 1, leads: 1 },
    2: { copies: 0, inSync: 0, leads: 0 },
  });
});
