import { z } from "zod";

import { schema } from "./schema";

type TypeName = "object" | "array" | "string" | "integer" | "number" | "boolean";

/** What the schema says about one key, as JSON Schema, with the form that `text()` gives it. */
export interface ConfigKey {
  type?: TypeName | TypeName[];
  description?: string;
  default?: unknown;
  /** Completes "must be …" for text with a form. */
  form?: string;
  /** Whether a wrong value may be a secret, such as a password in a URL. If so, no message repeats the value. */
  mayBeSecret?: boolean;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  minItems?: number;
  pattern?: string;
  properties?: Record<string, ConfigKey>;
  required?: string[];
  items?: ConfigKey;
  additionalProperties?: ConfigKey | false;
  /** Form of the keys, if the user chooses their names. */
  propertyNames?: ConfigKey;
}

/** The config as a whole. */
export const configRoot = z.toJSONSchema(schema, { io: "input" }) as ConfigKey;

/**
 * The schema of the key at a path; undefined if the schema has no such key.
 *
 * @example configKeyAt(["hosts", "existing", 1, "address"])
 */
export function configKeyAt(path: readonly PropertyKey[]): ConfigKey | undefined {
  return path.reduce<ConfigKey | undefined>((key, part) => {
    if (typeof part === "number") return key?.items;
    return key?.properties?.[String(part)] ?? (key?.additionalProperties || undefined);
  }, configRoot);
}

/** Which values a key accepts, in words that complete "must be …". */
export function allowedValues(key: ConfigKey): string {
  if (key.form) return key.form;
  if (key.enum) return `one of: ${key.enum.join(", ")}`;
  return (
    typesOf(key)
      .map((type) => words[type] + (type === "array" && key.minItems ? " of at least one" : ""))
      .join(" or ") + rangeOf(key)
  );
}

function rangeOf({ minimum, maximum }: ConfigKey): string {
  if (minimum === undefined) return "";
  return maximum === undefined ? ` of at least ${minimum}` : ` from ${minimum} to ${maximum}`;
}

function typesOf({ type = "object" }: ConfigKey): TypeName[] {
  return Array.isArray(type) ? type : [type];
}

const words: Record<TypeName, string> = {
  object: "a set of keys",
  array: "a list",
  string: "text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
};
