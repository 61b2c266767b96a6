import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";

/**
 * Kafka's definition of a setting: its type and its valid values.
 *
 * @see org.apache.kafka.common.config.ConfigDef
 */
export interface Definition {
  readonly type: "boolean" | "class" | "double" | "int" | "list" | "long" | "password" | "short" | "string";
  /** Kafka's default, if it is a number. */
  readonly default?: number;
  readonly min?: number;
  readonly max?: number;
  /** A valid number outside `min` to `max`. */
  readonly or?: number;
  /** The only valid values, or the only valid items of a list. */
  readonly oneOf?: readonly string[];
  /** Whether `oneOf` ignores upper and lower case. */
  readonly anyCase?: boolean;
  readonly nonEmpty?: boolean;
  /** Kafka's own classes that are valid, if the setting names classes. Classes of the user's are valid as well. */
  readonly classes?: readonly string[];
}

/** Settings of one Kafka release, by name. */
export interface Definitions {
  /** Kafka's release, such as `4.3`. */
  readonly release: string;
  /** Whether these are the release's own definitions. Otherwise a missing name may be a new setting. */
  readonly complete: boolean;
  readonly broker: Readonly<Record<string, Definition>>;
  readonly topic: Readonly<Record<string, Definition>>;
}

const FOLDER = path.join(__dirname, "definitions");

/** Releases with known definitions, the oldest first. @example ["4.3", "4.4"] */
export function knownReleases(): string[] {
  const releases = readdirSync(FOLDER).flatMap((file) => /^(\d+\.\d+)\.json$/.exec(file)?.[1] ?? []);
  return releases.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

/**
 * Definitions of a Kafka version's settings. For a release newer than this program, they are those of the newest known
 * release, so values can be judged but names can't. For one older than all known releases, they are those of the
 * oldest.
 *
 * @param version such as `4.3.1`
 * @see components/kafka/settings/definitions/generate.sh
 */
export function definitionsOf(version: string): Definitions {
  const release = version.split(".", 2).join(".");
  const read = alreadyRead.get(release) ?? readDefinitions(release);
  alreadyRead.set(release, read);
  return read;
}

const alreadyRead = new Map<string, Definitions>();

function readDefinitions(release: string): Definitions {
  const releases = knownReleases();
  const newest = releases.at(-1)!;
  const isNewer = release.localeCompare(newest, "en", { numeric: true }) > 0;
  const read = releases.includes(release) || isNewer ? release : releases[0]!;
  const file = path.join(FOLDER, `${isNewer ? newest : read}.json`);
  const { broker, topic } = JSON.parse(readFileSync(file, "utf8")) as Pick<Definitions, "broker" | "topic">;
  return { broker: withoutInherited(broker), topic: withoutInherited(topic), release: read, complete: !isNewer };
}

/** Removes inherited members, so that a look-up of `constructor` or `toString` finds no setting. */
function withoutInherited<T>(values: Record<string, T>): Record<string, T> {
  return Object.assign(Object.create(null) as Record<string, T>, values);
}

const LIMITS = {
  short: [-(2n ** 15n), 2n ** 15n - 1n],
  int: [-(2n ** 31n), 2n ** 31n - 1n],
  long: [-(2n ** 63n), 2n ** 63n - 1n],
} as const;

/** What a value must be instead, in words that go on from "must be"; undefined if Kafka accepts it. */
export function wantedInstead(definition: Definition, value: string): string | undefined {
  return takes(definition, value.trim()) ? undefined : allowed(definition);
}

/**
 * Whether Kafka accepts a value: its ConfigDef parses it, the setting's validator checks it, and classes can be loaded.
 */
function takes(definition: Definition, text: string): boolean {
  const { type, oneOf, anyCase, nonEmpty, classes } = definition;
  const listed = (item: string): boolean =>
    (!oneOf || oneOf.some((each) => each === item || (anyCase && each.toLowerCase() === item.toLowerCase()))) &&
    (!classes || !/^(org\.apache\.)?kafka\./.test(item) || classes.includes(item));
  switch (type) {
    case "boolean":
      return /^(true|false)$/i.test(text);
    case "short":
    case "int":
    case "long": {
      if (!/^[+-]?\d+$/.test(text)) return false;
      const [least, most] = LIMITS[type];
      const number = BigInt(text.replace(/^\+/, ""));
      return number >= least && number <= most && inRange(definition, Number(number));
    }
    case "double":
      return DOUBLE.test(text) && inRange(definition, Number.parseFloat(text));
    case "list": {
      const items = text === "" ? [] : text.split(/\s*,\s*/);
      const whole = items.every((item) => item !== "") && new Set(items).size === items.length;
      return whole && items.every(listed) && (items.length > 0 || !nonEmpty);
    }
    case "string":
      return listed(text) && (text !== "" || !nonEmpty);
    case "class":
      return CLASS_NAME.test(text) && listed(text);
    case "password":
      return true;
  }
}

const CLASS_NAME = /^[\p{L}_$][\p{L}\p{N}_$]*(\.[\p{L}_$][\p{L}\p{N}_$]*)*$/u;
const DOUBLE = /^[+-]?((\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[dDfF]?|Infinity)$/;

function inRange({ min = -Infinity, max = Infinity, or }: Definition, number: number): boolean {
  return (number >= min && number <= max) || number === or;
}

function allowed({ type, min, max, or, oneOf, anyCase, classes }: Definition): string {
  if (type === "boolean") return "true or false";
  if (type === "class" || classes) {
    const noun = type === "list" ? "names of classes, each once, with a comma between two" : "the name of a class";
    const own = classes?.length === 0 ? " of your own" : classes ? `: your own, or Kafka's ${classes.join(", ")}` : "";
    return noun + own;
  }
  if (type === "list") {
    return oneOf
      ? `one or several of: ${oneOf.join(", ")}; each once`
      : "a list, each item once, with a comma between two";
  }
  if (type === "string") {
    const values = anyCase ? oneOf?.map((each) => each.toLowerCase()) : oneOf;
    return values ? `one of: ${values.join(", ")}` : "text that isn't empty";
  }
  const [least, most] = type in LIMITS ? LIMITS[type as keyof typeof LIMITS] : [undefined, undefined];
  const noun = type === "double" ? "a number" : "a whole number";
  const range =
    min !== undefined || max !== undefined
      ? max === undefined
        ? ` of at least ${min}`
        : ` from ${min ?? least} to ${max}`
      : type === "double"
        ? ""
        : ` from ${least} to ${most}`;
  return `${noun}${range}${or === undefined ? "" : `, or ${or}`}`;
}

/** The closest known name to one that is misspelt, or a broker's in place of a topic's; undefined if none is close. */
export function nearestName(names: readonly string[], name: string): string | undefined {
  const otherWords = [
    `log.${name}`,
    name.replace(/^log\./, ""),
    name.replace(/^(log\.)?(.+)\.(minutes|hours|days)$/, "$2.ms"), // topics count in milliseconds alone
    name.replace(/^max\.message\./, "message.max."),
    name.replace(/^message\.max\./, "max.message."),
  ];
  const sibling = otherWords.find((each) => names.includes(each));
  if (sibling) return sibling;
  const most = Math.max(2, Math.floor(name.length / 4));
  const [nearest] = names
    .map((each) => ({ each, edits: edits(each, name) }))
    .filter(({ edits }) => edits <= most)
    .sort((a, b) => a.edits - b.edits);
  return nearest?.each;
}

/**
 * Number of letters to insert, remove, replace or swap with a neighbour between two texts.
 *
 * @see https://en.wikipedia.org/wiki/Damerau%E2%80%93Levenshtein_distance (optimal string alignment)
 */
export function edits(from: string, to: string): number {
  let before: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let row = 1; row <= from.length; row++) {
    const next = [row];
    for (let at = 1; at <= to.length; at++) {
      const same = from[row - 1] === to[at - 1];
      const swapped = row > 1 && at > 1 && from[row - 1] === to[at - 2] && from[row - 2] === to[at - 1];
      next[at] = Math.min(
        last[at]! + 1,
        next[at - 1]! + 1,
        last[at - 1]! + (same ? 0 : 1),
        swapped ? before[at - 2]! + 1 : Infinity,
      );
    }
    [before, last] = [last, next];
  }
  return last[to.length]!;
}
