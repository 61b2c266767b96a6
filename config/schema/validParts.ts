import type { z } from "zod";

import { keyOf, type Mistake } from "../mistakes";
import { configKeyAt } from "./keys";
import { schema, type StackConfig } from "./schema";

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];
type Holder = Record<PropertyKey, unknown>;

/** A config without the parts that the schema refuses, so that rules can judge the rest in the same run. */
export interface ValidParts {
  config: StackConfig;
  /** Keys that were removed, or have a placeholder since they are required. */
  refused: string[];
}

/** More rounds than the schema is deep: each fills in required keys of what the round before added. */
const MOST_ROUNDS = 10;

/** @returns undefined if there is no valid placeholder; a test excludes that for every key */
export function validParts(values: Record<string, unknown>, issues: readonly Issue[]): ValidParts | undefined {
  const repaired = structuredClone(values);
  const refused = issues.flatMap((issue) => pathsOf(issue).map((path) => keyOf(path)));
  let remaining = issues;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    for (const path of remaining.flatMap(pathsOf)) repair(repaired, path);
    const parsed = schema.safeParse(repaired, { reportInput: true });
    if (parsed.success) return { config: parsed.data, refused };
    remaining = parsed.error.issues;
  }
  return undefined;
}

function pathsOf(issue: Issue): Path[] {
  return issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
}

/** Removes a value; in a list, and for a required key, puts a placeholder in its place. */
function repair(config: Holder, path: Path): void {
  const holder = path.slice(0, -1).reduce<unknown>((value, part) => (value as Holder | undefined)?.[part], config);
  // An outer value, which was refused as well, has been removed with everything in it.
  if (typeof holder !== "object" || holder === null) return;
  const last = path.at(-1)!;
  const required = Array.isArray(holder) || configKeyAt(path.slice(0, -1))?.required?.includes(String(last));
  if (!required) delete (holder as Holder)[last];
  else (holder as Holder)[last] = standIn(path);
}

/** A placeholder that the schema accepts. Rules' mistakes about it are dropped, since its key is refused already. */
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
  accessKeyId: () => "stand-in",
  api: () => RANGE,
  brokerDestinations: () => RANGE,
  bucket: () => "stand-in",
  clientNamespaces: () => "stand-in",
  endpoint: () => "https://stand-in",
  host: () => "stand-in",
  hosts: () => "*",
  hostKey: () => "ssh-ed25519 stand-in",
  name: (place) => `stand-in-${place}`,
  operations: () => "Read",
  outsideRanges: () => RANGE,
  project: () => "stand-in",
  region: () => "europe-west8",
  resource: () => "Topic",
  secretAccessKey: () => "stand-in",
  socket: () => "/run/stand-in/socket",
  ssh: () => RANGE,
  taints: (place) => `stand-in-${place}:PreferNoSchedule`,
  zones: () => "europe-west8-a",
};

/**
 * Whether a rule's mistake only follows from a refused part of the config: it is at a refused key, directly around it or inside it,
 * or names it. If it is real, it shows once the refused part is corrected.
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

/** Removes placeholders' names from the message, since the user didn't write them. */
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
