import { z } from "zod";

import { schema } from "./schema";

/** What the schema says of one key, as JSON Schema, with the form that schema.ts gives to text. */
export interface ConfigKey {
  type?: "object" | "array" | "string" | "integer" | "number" | "boolean";
  description?: string;
  default?: unknown;
  /** Completes "must be …" for text that isn't free. */
  form?: string;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  properties?: Record<string, ConfigKey>;
  required?: string[];
  items?: ConfigKey;
  additionalProperties?: ConfigKey | false;
  anyOf?: ConfigKey[];
}

/** The config as a whole. */
export const configRoot = z.toJSONSchema(schema, { io: "input" }) as ConfigKey;

/** What is at `["hosts", "existing", 1, "address"]`; undefined where the schema knows no such key. */
export function configKeyAt(path: readonly PropertyKey[]): ConfigKey | undefined {
  return path.reduce<ConfigKey | undefined>((key, part) => {
    if (typeof part === "number") return key?.items;
    return key?.properties?.[String(part)] ?? (key?.additionalProperties || undefined);
  }, configRoot);
}

/** Which values a key takes, in words that go on from "must be". */
export function allowedValues(key: ConfigKey): string {
  if (key.form) return key.form;
  if (key.enum) return `one of: ${key.enum.join(", ")}`;
  if (key.anyOf) return key.anyOf.map(allowedValues).join(" or ");
  const range = [
    key.exclusiveMinimum !== undefined && ` above ${key.exclusiveMinimum}`,
    key.minimum !== undefined && key.maximum !== undefined && ` from ${key.minimum} to ${key.maximum}`,
  ];
  return words[key.type ?? "object"] + range.filter(Boolean).join("");
}

const words = {
  object: "a set of keys",
  array: "a list of at least one",
  string: "text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
};
