import { unknownInPreview } from "./describe";

test("a first preview may not know the end of `dependsOn`, which an output says; it may name nothing else", () => {
  const up = { dependsOn: ["a", "b"] };
  expect(unknownInPreview({ dependsOn: ["a"] }, up)).toEqual(["dependsOn"]);
  expect(unknownInPreview({ dependsOn: ["a", "b"] }, up)).toEqual([]);
  for (const dependsOn of [["c"], ["a", "c"], ["a", "b", "c"]]) {
    expect(() => unknownInPreview({ dependsOn }, up)).toThrow("dependsOn");
  }
});
