import { type Batch, batchWith } from "../../e2e/kafka/batches";

const batch = (lastOffset: number, epoch = "1000:0"): Batch => ({ lastOffset, epoch });

test("an offset is in the first batch that ends at it or after it", () => {
  const batches = [batch(2, "1:0"), batch(3, "1:1"), batch(9, "2:0")];
  const epochs = [0, 1, 2, 3, 4, 9].map((offset) => batchWith(batches, offset)?.epoch);
  expect(epochs).toEqual(["1:0", "1:0", "1:0", "1:1", "2:0", "2:0"]);
});

test("an offset after the log's end is in no batch, and so is any offset of an empty log", () => {
  expect(batchWith([batch(2)], 3)).toBeUndefined();
  expect(batchWith([], 0)).toBeUndefined();
});

test("the batch is the same as a search from the beginning finds, whatever the log's length", () => {
  for (let length = 1; length < 20; length++) {
    const batches = Array.from({ length }, (_, index) => batch(3 * index + (index % 3), `${index}:0`));
    for (let offset = 0; offset <= batches.at(-1)!.lastOffset; offset++)
      expect(batchWith(batches, offset)).toBe(batches.find(({ lastOffset }) => offset <= lastOffset));
  }
});
