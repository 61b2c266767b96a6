import { Ledger } from "../../../components/verification/program/ledger";

function exchange(sent: number, received: number[]): Ledger {
  const ledger = new Ledger();
  for (let i = 0; i < sent; i++) ledger.next(0);
  received.forEach((number) => ledger.receive(0, number));
  return ledger;
}

test("exactly the records sent, in order, leave nothing to say", () => {
  const ledger = exchange(3, [0, 1, 2]);
  expect([ledger.wrong, ledger.outstanding]).toEqual([[], []]);
});

test("records that have not come yet are outstanding, not wrong", () => {
  const ledger = exchange(3, [0]);
  expect(ledger.wrong).toEqual([]);
  expect(ledger.outstanding).toEqual(["partition 0: 1 of 3 records came"]);
});

test.each([
  ["a lost record", 3, [0, 2], "records 1 to 1 are missing"],
  ["a duplicate", 2, [0, 0, 1], "record 0 came again or late"],
  ["another order", 2, [1, 0], "record 0 came again or late"],
  ["a record that was never sent", 1, [0, 1], "records came that were not sent"],
])("%s is wrong", (_, sent, received, reason) => expect(exchange(sent, received).wrong.join()).toContain(reason));

test("partitions are counted apart", () => {
  const ledger = new Ledger();
  expect([ledger.next(0), ledger.next(1), ledger.next(0)]).toEqual([0, 0, 1]);
  ledger.receive(1, 0);
  expect(ledger.outstanding).toEqual(["partition 0: 0 of 2 records came"]);
});
