/** A resource's properties, as the engine passes them. */
export type Properties = Record<string, unknown>;

/** Placeholder in a preview for a value that only an update knows: a constant of Pulumi's protocol. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/**
 * Paths of the properties that differ. A path has no index for an item of a list.
 *
 * @param filledIn paths whose absence in `now` is no change
 * @example `bootDisk.initializeParams.image`
 */
export function changedPaths(old: unknown, now: unknown, filledIn: readonly string[] = [], path = ""): string[] {
  if (now === undefined && isBelow(path, filledIn)) return [];
  if (isObject(old) && isObject(now)) {
    const below = path === "" ? "" : `${path}.`;
    const keys = new Set([...Object.keys(old), ...Object.keys(now)]);
    return unique([...keys].flatMap((key) => changedPaths(old[key], now[key], filledIn, below + key)));
  }
  if (Array.isArray(old) && Array.isArray(now) && old.length === now.length) {
    return unique(old.flatMap((item, index) => changedPaths(item, now[index], filledIn, path)));
  }
  return JSON.stringify(old ?? null) === JSON.stringify(now ?? null) ? [] : [path];
}

/** Whether a path is one of those given, or below one. */
export function isBelow(path: string, paths: readonly string[]): boolean {
  return paths.some((above) => path === above || path.startsWith(`${above}.`));
}

/** The value at a path; `unknown` if it or a value that contains it is unknown. */
export function valueAt(properties: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value === unknown ? unknown : (value as Record<PropertyKey, unknown> | undefined)?.[key]),
    properties,
  );
}

function isObject(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unique(paths: string[]): string[] {
  return [...new Set(paths)];
}
