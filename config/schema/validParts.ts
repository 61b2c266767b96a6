import type { z } from "zod";

import { keyOf, type Mistake } from "../mistakes";
import { configKeyAt } from "./keys";
import { schema, type StackConfig } from "./schema";

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];
type Holder = Record<PropertyKey, unknown>;

/** A config in which all that the schema refuses is left out, so that rules can judge the rest in the same run. */
export interface ValidParts {
  config: StackConfig;
  /** Keys of what was left out, or has a stand-in since it must be there. */
  refused: string[];
}

/** More rounds than the schema is deep: each mends what the one before left without something that must be there. */
const MOST_ROUNDS = 10;

/** @returns undefined where nothing can stand in, which a test excludes for every key that there is */
export function validParts(values: Record<string, unknown>, issues: readonly Issue[]): ValidParts | undefined {
  const mended = structuredClone(values);
  const refused = issues.flatMap((issue) => pathsOf(issue).map((path) => keyOf(path)));
  let left = issues;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    for (const path of left.flatMap(pathsOf)) mend(mended, path);
    const parsed = schema.safeParse(mended, { reportInput: true });
    if (parsed.success) return { config: parsed.data, refused };
    left = parsed.error.issues;
  }
  return undefined;
}

function pathsOf(issue: Issue): Path[] {
  return issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
}

/** Leaves a value out; in a list, and where there has to be one, something else stands in. */
function mend(config: Holder, path: Path): void {
  const holder = path.slice(0, -1).reduce<unknown>((value, part) => (value as Holder | undefined)?.[part], config);
  // An outer value, which was refused as well, is left out with all that is in it.
  if (typeof holder !== "object" || holder === null) return;
  const last = path.at(-1)!;
  const required = Array.isArray(holder) || configKeyAt(path.slice(0, -1))?.required?.includes(String(last));
  if (!required) delete (holder as Holder)[last];
  else (holder as Holder)[last] = standIn(path);
}

/** Something that the schema takes; what rules say of it is dropped, since its key is refused already. */
function standIn(path: Path): unknown {
  const inList = typeof path.at(-1) === "number";
  const name = String(inList ? path.at(-2) : path.at(-1));
  const place = path.findLast((part) => typeof part === "number") ?? 0;
  const type = configKeyAt(path)?.type;
  if (type === "object") return {};
  const text = TEXTS[name]?.(place);
  return type === "array" ? [name === "instances" ? {} : text] : (text ?? 1);
}

const RANGE = "192.0.2.0/24";
const TEXTS: Readonly<Record<string, (place: number) => string>> = {
  address: (place) => `0.0.0.${place}`,
  api: () => RANGE,
  host: () => "stand-in",
  hostKey: () => "ssh-ed25519 stand-in",
  name: (place) => `stand-in-${place}`,
  project: () => "stand-in",
  region: () => "europe-west8",
  ssh: () => RANGE,
  taints: (place) => `stand-in-${place}:PreferNoSchedule`,
  zones: () => "europe-west8-a",
};

/**
 * Whether a rule's mistake is about what was left out, and so nothing that the user wrote: it is at a refused key, right
 * around it or in it, or says so itself. Such a mistake shows once the other is corrected.
 */
export function isConsequence({ key, message }: Mistake, refused: readonly string[]): boolean {
  return refused.some((each) => {
    const [, element, property] = /^(.*\[\d+\])\.(.*)$/.exec(each) ?? [];
    return (
      isInside(key, each) ||
      (isInside(each, key) && (stepsIn(each.slice(key.length)) === 1 || each.endsWith(".role"))) ||
      mentions(message, each) ||
      (element !== undefined && key.endsWith(`.${property}`) && mentions(message, element))
    );
  });
}

/** A name that stands in is none that the user knows. */
export function withoutStandIns(mistake: Mistake): Mistake {
  return { ...mistake, message: mistake.message.replaceAll(/ \("stand-in-\d+"\)/g, "") };
}

function isInside(key: string, outer: string): boolean {
  return key === outer || key.startsWith(`${outer}.`) || key.startsWith(`${outer}[`);
}

function stepsIn(rest: string): number {
  return rest.match(/\.[^.[]+|\[[^\]]*\]/g)?.length ?? 0;
}

function mentions(message: string, key: string): boolean {
  const at = message.indexOf(key);
  return at >= 0 && !/[\w.]/.test(message[at - 1] ?? " ") && !/\w/.test(message[at + key.length] ?? " ");
}
