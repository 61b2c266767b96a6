import { committedOffsets, lostRecords } from "../../../../components/verification/inPod/offsets";
import { FakeKafka } from "../../kafka/fakeKafka";

function log(low: number, high: number, committed: number): FakeKafka {
  const kafka = new FakeKafka();
  kafka.topics["t"] = { partitions: [[0]], config: {} };
  kafka.logs["t"] = [{ low, high }];
  if (committed >= 0) kafka.committed["group"] = [committed];
  return kafka;
}

const written = { begin: [0], sent: [5] };

test("a log with exactly the sent records, all committed, is no problem", async () => {
  await expect(committedOffsets(log(0, 5, 5), "t", "group", written)).resolves.toBeUndefined();
});

test("records of an earlier run in the topic don't count", async () => {
  await expect(committedOffsets(log(70, 75, 75), "t", "group", { begin: [70], sent: [5] })).resolves.toBeUndefined();
});

test.each([
  ["records deleted at the start", log(2, 5, 5), "records 0 to 1 are gone from the log"],
  ["acknowledged records missing at the end", log(0, 4, 4), "5 records were acknowledged, the log has 4"],
  ["duplicates in the log", log(0, 6, 6), "5 records were sent, the log has 6"],
])("%s are found", async (_, kafka, reason) => {
  expect((await lostRecords(kafka, "t", written)).join()).toContain(reason);
  await expect(committedOffsets(kafka, "t", "group", written)).rejects.toThrow(reason);
});

test.each([[3], [-1]])("a committed offset of %i is not the end of the log", async (committed) => {
  await expect(committedOffsets(log(0, 5, committed), "t", "group", written)).rejects.toThrow(
    `committed is ${committed}, the log ends at 5`,
  );
});
