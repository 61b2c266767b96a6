import { judge, type ByPartition, type Verdict } from "../../e2e/kafka/judge";

/** A log with these numbers, from offset 0 on. */
function log(...numbers: number[]): ByPartition {
  return { "0": numbers.map((number, offset) => [offset, number] as const) };
}

const acknowledged = log(0, 1, 2, 3);
const clean: Verdict = {
  acknowledged: 4,
  lost: 0,
  duplicated: 0,
  outOfOrder: 0,
  resentByClient: 0,
  missedByGroup: 0,
};
const oneEpoch = (): string => "1000:0";

test("a log with every acknowledged record once and in order is clean", () => {
  expect(judge(acknowledged, log(0, 1, 2, 3), log(0, 1, 2, 3), oneEpoch)).toEqual(clean);
});

test.each<[string, ByPartition, Partial<Verdict>]>([
  ["a lost record", log(0, 1, 3), { lost: 1 }],
  ["a lost end", log(0, 1), { lost: 2 }],
  ["a lost partition", {}, { lost: 4 }],
  ["a record twice in a row", log(0, 1, 1, 2, 3), { duplicated: 1 }],
  ["a record again, later", log(0, 1, 2, 3, 1), { duplicated: 1, outOfOrder: 1 }],
  ["two swapped records", log(0, 2, 1, 3), { outOfOrder: 1 }],
  ["a record in another's partition", { "0": log(0, 1, 2)["0"]!, "1": [[0, 3]] }, { lost: 1 }],
])("%s is found", (_, found, wrong) => {
  expect(judge(acknowledged, found, acknowledged, oneEpoch)).toEqual({ ...clean, ...wrong });
});

test("a record in the log without an acknowledgement is no mistake, since its producer may not have received it", () => {
  expect(judge(acknowledged, log(0, 1, 2, 3, 4), acknowledged, oneEpoch)).toEqual(clean);
});

test("a record that the group read twice is no mistake, one that it never read is", () => {
  expect(judge(acknowledged, acknowledged, log(0, 1, 1, 3), oneEpoch)).toEqual({ ...clean, missedByGroup: 1 });
});

test("a duplicate record doesn't make up for a missing one", () => {
  expect(judge(acknowledged, log(0, 1, 1, 3), acknowledged, oneEpoch)).toEqual({ ...clean, lost: 1, duplicated: 1 });
});

test("a record sent again in another epoch is the client's duplicate, one within an epoch is the brokers'", () => {
  const sentAgain = log(0, 1, 2, 1, 2, 3);
  const fromThird = (_: string, offset: number): string => (offset < 3 ? "1000:0" : "1000:1");
  expect(judge(acknowledged, sentAgain, acknowledged, fromThird)).toEqual({ ...clean, resentByClient: 2 });
  expect(judge(acknowledged, sentAgain, acknowledged, oneEpoch)).toEqual({ ...clean, duplicated: 2, outOfOrder: 1 });
});

test("a record missing in one epoch and twice in the next is still lost", () => {
  const fromThird = (_: string, offset: number): string => (offset < 2 ? "1000:0" : "1000:1");
  expect(judge(acknowledged, log(0, 1, 1, 3), acknowledged, fromThird)).toEqual({
    ...clean,
    lost: 1,
    resentByClient: 1,
  });
});
