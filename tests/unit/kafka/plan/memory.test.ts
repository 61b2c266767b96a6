import { memoryFor } from "../../../../components/kafka/plan/memory";

test("a broker requests its heap and what the JVM uses beside it", () =>
  expect(memoryFor("512m")).toEqual({ request: "768Mi", limit: "1024Mi" }));

test("gigabytes count as 1024 megabytes", () => expect(memoryFor("4G").request).toBe("4352Mi"));

test.each(["", "512", "0m", "1.5g", "512Mi", "4t"])("%p is no heap", (heap) =>
  expect(() => memoryFor(heap)).toThrow('write it like "512m" or "4g"'),
);
