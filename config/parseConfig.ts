import { ConfigError } from "./configError";
import { findMistakes } from "./findMistakes";
import type { Mistake } from "./mistakes";
import { schema, type StackConfig } from "./schema/schema";
import { schemaMistakes } from "./schema/schemaMistakes";
import { isConsequence, validParts, withoutStandIns } from "./schema/validParts";

/** A stack's config, and what its file says about it beside the values. */
export type LoadedConfig = StackConfig & {
  readonly kafka: {
    /**
     * Whether a value below `kafka` is encrypted in the stack's file. Then all of `kafka.properties` counts as secret, since Pulumi
     * says which top-level keys contain secrets, but not where.
     */
    readonly secretProperties: boolean;
  };
};

/**
 * A stack's config from the values in its file, checked as a whole.
 *
 * @param seen mistakes found while the values were read
 * @param encrypted top-level keys with encrypted values, which no message repeats
 * @throws ConfigError that lists every mistake
 */
export function parseConfig(
  stack: string,
  values: Record<string, unknown>,
  seen: readonly Mistake[] = [],
  encrypted: readonly string[] = [],
): LoadedConfig {
  const parsed = schema.safeParse(values, { reportInput: true });
  const issues = parsed.error?.issues ?? [];
  const parts = parsed.success ? { config: parsed.data, refused: [] } : validParts(values, issues);
  const byRules = parts ? findMistakes(stack, parts.config, encrypted) : [];
  const refused = parts?.refused ?? [];
  const mistakes = [
    ...seen,
    ...issues.flatMap((issue) => schemaMistakes(issue, encrypted)),
    ...byRules.filter((mistake) => !isConsequence(mistake, refused)).map(withoutStandIns),
  ].sort((a, b) => a.key.localeCompare(b.key, "en", { numeric: true }));
  if (!parsed.success || mistakes.length > 0) throw new ConfigError(stack, mistakes);
  return { ...parsed.data, kafka: { ...parsed.data.kafka, secretProperties: encrypted.includes("kafka") } };
}
