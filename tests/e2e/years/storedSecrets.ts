/** What values that aren't encrypted are counted as. */
const IN_CLEAR = "in clear";

/**
 * Number of values in etcd by what they are encrypted by, as the beginning of each value says.
 *
 * @param fields output of `etcdctl get --prefix --write-out fields`
 * @example { "k8s:enc:secretbox:v1:2": 17 }
 */
export function storedBy(fields: string): Record<string, number> {
  const values = [...fields.matchAll(/^"Value" : "(.*)/gm)].map(
    ([, value]) => /^(k8s:enc:(?:[^:]+:){2}[^:]+):/.exec(value!)?.[1] ?? IN_CLEAR,
  );
  const groups = Map.groupBy(values, (value) => value);
  return Object.fromEntries([...groups].map(([value, all]) => [value, all.length]));
}
