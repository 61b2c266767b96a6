import { type Description, type Descriptions, isContainer, join } from "./describe";

/** How a stack's declarations differ from another's: additional resources, single values, and missing ones. */
export function difference(from: Descriptions, to: Descriptions): Descriptions {
  const keys = [...new Set([...Object.keys(to), ...Object.keys(from)])];
  const entries = keys.map((key): [string, Description | undefined] => {
    if (!from[key] || !to[key]) return [key, to[key] ?? { absent: true }];
    const before = leaves(from[key]);
    const after = leaves(to[key]);
    const paths = [...new Set([...before.keys(), ...after.keys()])];
    const changed = paths.filter((path) => JSON.stringify(before.get(path)) !== JSON.stringify(after.get(path)));
    return [key, Object.fromEntries(changed.map((path) => [path, change(before.get(path), after.get(path))]))];
  });
  return Object.fromEntries(entries.filter(([, values]) => Object.keys(values!).length > 0)) as Descriptions;
}

/** The new value; for a text of several lines, the removed and added lines. */
function change(before: unknown, after: unknown): unknown {
  if (typeof before !== "string" || typeof after !== "string" || !after.includes("\n")) return after ?? "absent";
  const [old, now] = [before.split("\n"), after.split("\n")];
  const gone = old.filter((line) => !now.includes(line)).map((line) => `- ${line}`);
  const come = now.filter((line) => !old.includes(line)).map((line) => `+ ${line}`);
  return [...gone, ...come].join("\n");
}

/** Single values by their paths. A list of texts is one value, so that an added text doesn't shift the others' paths. */
function leaves(value: unknown, path = ""): Map<string, unknown> {
  const isList = Array.isArray(value);
  if (!isContainer(value) || (isList && value.every((each) => typeof each === "string")))
    return new Map([[path, value]]);
  return new Map(Object.entries(value).flatMap(([key, each]) => [...leaves(each, join(path, key, isList))]));
}
