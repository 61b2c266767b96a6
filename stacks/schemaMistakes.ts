import type { z } from "zod";

import { allowedValues, configKeyAt } from "./configKeys";
import { codes, type Mistake } from "./mistakes";

type Issue = z.core.$ZodIssue;

/**
 * What a value's check against the schema found, in the user's words: the value, and which ones the key takes.
 *
 * @param encrypted top-level keys with encrypted values, which no message repeats
 */
export function schemaMistakes(issue: Issue, encrypted: readonly string[] = []): Mistake[] {
  if (issue.code === "unrecognized_keys") {
    const known = Object.keys(configKeyAt(issue.path)?.properties ?? {}).join(", ");
    return issue.keys.map((key) => ({
      code: codes.unknownKey,
      key: keyOf([...issue.path, key]),
      message: `is unknown; known here: ${known}`,
    }));
  }
  const key = keyOf(issue.path);
  if (issue.code === "invalid_key") {
    const names = configKeyAt(issue.path.slice(0, -1))?.propertyNames ?? {};
    return [{ code: codes.wrongForm, key, message: `${shown(issue.path.at(-1))} must be ${allowedValues(names)}` }];
  }
  const allowed = allowedValues(configKeyAt(issue.path) ?? {});
  if (issue.input === undefined) return [{ code: codes.missing, key, message: `is missing; it must be ${allowed}` }];
  const value = encrypted.includes(String(issue.path[0])) ? "its value" : shown(issue.input);
  return [{ code: codeOf(issue), key, message: `${value} must be ${allowed}` }];
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

/** Not all of it where it is long: what was pasted into the wrong place may be a secret, as a URL's user is. */
function shown(value: unknown): string {
  const text = JSON.stringify(value).replaceAll(/\/\/[^/@"]*@/g, "//…@");
  return text.length > 60 ? `${text.slice(0, 20)}…` : text;
}

/** `["hosts", "existing", 1, "address"]` → `hosts.existing[1].address`; a name with dots goes in quotes */
export function keyOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((key, part) => {
    if (typeof part === "number") return `${key}[${part}]`;
    const name = String(part);
    return /^[\w-]+$/.test(name) ? `${key}${key && "."}${name}` : `${key}[${JSON.stringify(name)}]`;
  }, "");
}
