import type { z } from "zod";

import { codes, keyOf, type Mistake } from "../mistakes";
import { allowedValues, type ConfigKey, configKeyAt } from "./keys";

type Issue = z.core.$ZodIssue;

/**
 * The mistakes behind one issue of the schema's check, in the user's words: the value, and the values that the key accepts.
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

/** Whether the value would be valid text if it were in quotes. */
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

/** Whether a value may contain a secret: its key is marked so, or it has several keys, some of which may be. */
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

/** Shortens long values, and URLs to their start, since a secret may have been pasted into the wrong place. */
function shown(value: unknown): string {
  const text = JSON.stringify(value).replaceAll(/\/\/[^"]*[@?#][^"]*/g, "//…");
  return text.length > 60 ? `${text.slice(0, 20)}…` : text;
}
