import type { z } from "zod";

import { codes, keyOf, type Mistake } from "../mistakes";
import { allowedValues, type ConfigKey, configKeyAt } from "./keys";

type Issue = z.core.$ZodIssue;

/**
 * What a value's check against the schema found, in the user's words: the value, and which ones the key takes.
 *
 * @param encrypted top-level keys with encrypted values, which no message repeats
 */
export function schemaMistakes(issue: Issue, encrypted: readonly string[] = []): Mistake[] {
  if (issue.code === "unrecognized_keys") {
    const { properties = {}, propertyNames } = configKeyAt(issue.path) ?? {};
    const knownKeys = (propertyNames?.enum ?? Object.keys(properties)).join(", ");
    return issue.keys.map((key) => ({
      code: codes.unknownKey,
      key: keyOf([...issue.path, key]),
      message: `is unknown; known here: ${knownKeys}`,
    }));
  }
  const key = keyOf(issue.path);
  if (issue.code === "invalid_key") {
    const names = configKeyAt(issue.path.slice(0, -1))?.propertyNames ?? {};
    return [{ code: codes.wrongForm, key, message: `${shown(issue.path.at(-1))} must be ${allowedValues(names)}` }];
  }
  const wanted = configKeyAt(issue.path) ?? {};
  const allowed = allowedValues(wanted);
  if (issue.input === undefined) return [{ code: codes.missing, key, message: `is missing; it must be ${allowed}` }];
  const code = codeOf(issue);
  const encryptedValue = encrypted.includes(String(issue.path[0]));
  if (!encryptedValue && !mayBeSecret(issue.input, wanted)) {
    const remedy = needsQuotes(issue.input, wanted) ? ", in quotes" : "";
    return [{ code, key, message: `${shown(issue.input)} must be ${allowed}${remedy}` }];
  }
  const kind = code === codes.wrongType && !encryptedValue ? `is ${kindOf(issue.input)}; it` : "its value";
  return [{ code, key, message: `${kind} must be ${allowed}` }];
}

/** Whether a value would be the text that is wanted, had it quotes. */
function needsQuotes(value: unknown, { type, form = "", pattern }: ConfigKey): boolean {
  const unquoted = type === "string" && (typeof value === "number" || typeof value === "boolean");
  const fits = pattern === undefined ? form === "" : new RegExp(pattern).test(String(value));
  return unquoted && fits && !form.includes("in quotes");
}

function codeOf(issue: Issue): Mistake["code"] {
  switch (issue.code) {
    case "invalid_type":
    case "invalid_union":
      return codes.wrongType;
    case "too_small":
    case "too_big":
      return codes.outOfRange;
    default:
      return codes.wrongForm;
  }
}

/** Whether a value may hold a secret by its place: one marked so, or one of many keys, which has such places in it. */
function mayBeSecret(value: unknown, { mayBeSecret, type = "object" }: ConfigKey): boolean {
  const mayHoldAny = typeof value === "string" || (typeof value === "object" && value !== null && !isEmpty(value));
  return mayHoldAny && (mayBeSecret === true || type === "object" || type === "array");
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}

function kindOf(value: unknown): string {
  if (typeof value === "string") return "text";
  return Array.isArray(value) ? "a list" : "a set of keys";
}

/** Not all of it where it is long, and of a URL no more than its start: what was pasted into the wrong place may be a secret. */
function shown(value: unknown): string {
  const text = JSON.stringify(value).replaceAll(/\/\/[^"]*[@?#][^"]*/g, "//…");
  return text.length > 60 ? `${text.slice(0, 20)}…` : text;
}
