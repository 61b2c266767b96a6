import { Ledger } from "../../../../components/verification/inPod/ledger";

/** Offset at which the log begins: that of a topic which was used before. */
const BEGIN = 70;

/** @param received numbers of the records, in the log one behind the other */
function exchange(sent: number, received: number[]): Ledger {
  const ledger = new Ledger([BEGIN, BEGIN]);
  for (let i = 0; i < sent; i++) ledger.next(0);
  received.forEach((number, place) => ledger.receive(0, BEGIN + place, number));
  return ledger;
}

test("exactly the sent records, in order, are no problem", () => {
  const ledger = exchange(3, [0, 1, 2]);
  expect([ledger.wrong, ledger.outstanding]).toEqual([[], []]);
});

test("records that have not arrived yet are outstanding, not missing", () => {
  const ledger = exchange(3, [0]);
  expect(ledger.wrong).toEqual([]);
  expect(ledger.outstanding).toEqual(["partition 0: 1 of 3 records came"]);
});

test.each([
  ["a lost record", 3, [0, 2], "records 1 to 1 are missing"],
  ["a duplicate", 2, [0, 0, 1], "record 0 came again or late"],
  ["another order", 2, [1, 0], "records 0 to 0 are missing"],
  ["a record that was never sent", 1, [0, 1], "records came that were not sent"],
])("%s is wrong", (_, sent, received, reason) => expect(exchange(sent, received).wrong.join()).toContain(reason));

test("partitions are counted separately", () => {
  const ledger = new Ledger([0, 0]);
  expect([ledger.next(0), ledger.next(1), ledger.next(0)]).toEqual([0, 0, 1]);
  ledger.receive(1, 0, 0);
  expect(ledger.outstanding).toEqual(["partition 0: 0 of 2 records came"]);
});

test("a restarted consumer reads the same records at the same offsets, which are no duplicates", () => {
  const ledger = exchange(3, [0, 1]);
  expect([0, 1, 2].map((number) => ledger.receive(0, BEGIN + number, number))).toEqual([false, false, true]);
  expect([ledger.wrong, ledger.unread]).toEqual([[], 0]);
});

test("offsets that the consumer was not given are missing records", () => {
  const ledger = exchange(3, [0]);
  ledger.receive(0, BEGIN + 2, 2);
  expect(ledger.wrong).toEqual(["partition 0: records 1 to 1 are missing"]);
});

test("only the first mistake of a partition is reported, not its consequences", () => {
  const ledger = exchange(4, [0, 2, 3]);
  expect(ledger.wrong).toEqual(["partition 0: records 1 to 1 are missing"]);
});

test("a few partitions are named and the others counted, since the reason has to fit into 4 KiB", () => {
  const ledger = new Ledger(Array.from({ length: 200 }, () => 0));
  for (let partition = 0; partition < 200; partition++) ledger.next(partition);
  expect(ledger.outstanding).toHaveLength(4);
  expect(ledger.outstanding.at(-1)).toBe("197 more partitions");
});
