import type { Definition, Definitions } from "../../components/kafka/settings/knownProperties";
import type { KafkaProperties } from "../../components/kafka/plan/properties";

/** A generated config: properties of the brokers, or settings of a topic. */
export interface Case {
  readonly properties: KafkaProperties;
  readonly topic?: KafkaProperties;
}

/** Texts that programs may parse differently as numbers, booleans, lists or names. */
const PROBES = [
  ...["", "-2", "-1", "-0", "0", "1", "2", "100", "+5", "010", "0x10", "1_000", "1.5", "1e3", "1E3", "5L", "5d", "٣"],
  ...[
    "65536",
    "1048575",
    "1048576",
    "1048577",
    "2147483647",
    "2147483648",
    "9223372036854775807",
    "9223372036854775808",
  ],
  ...[
    "NaN",
    "Infinity",
    "true",
    "TRUE",
    " false ",
    "yes",
    "all",
    "none",
    "*",
    "a b",
    "abc",
    "a,b",
    "a,,b",
    "a,a",
    "org.x.Y",
  ],
];

/** A case for each setting of Kafka with each probe, and with each value that its definition lists. */
export function singleCases({ broker, topic }: Definitions): Case[] {
  return [
    ...eachWithEach(broker).map((properties) => ({ properties })),
    ...eachWithEach(topic).map((settings) => ({ properties: {}, topic: settings })),
  ];
}

function eachWithEach(definitions: Definitions["broker"]): KafkaProperties[] {
  return Object.entries(definitions).flatMap(([name, definition]) => {
    const { oneOf = [], classes = [] } = definition;
    const values = new Set([
      ...PROBES,
      ...oneOf,
      ...oneOf.map((each) => each.toUpperCase()),
      ...classes,
      ...numbers(definition),
    ]);
    return [...values].map((value) => ({ [name]: value }));
  });
}

/** Several numeric broker settings in one case, of the same part of Kafka where possible, since Kafka compares settings within a part. */
export function randomCases({ broker }: Definitions, count: number, random: () => number): Case[] {
  const names = Object.keys(broker).filter((name) => numbers(broker[name]!).length > 0);
  const one = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  return Array.from({ length: count }, () => {
    const part = one(names).split(".", 2).join(".");
    const related = names.filter((name) => name.startsWith(part));
    const chosen = [one(related), one(related), one(random() < 0.2 ? names : related)];
    return { properties: Object.fromEntries(chosen.map((name) => [name, one(numbers(broker[name]!))])) };
  });
}

/** Numbers at the limits of a setting, and around its default. */
function numbers({ type, default: usual, min, max, or }: Definition): string[] {
  if (!["short", "int", "long", "double"].includes(type)) return [];
  const around = usual === undefined ? [] : [usual, usual - 1, usual + 1, Math.floor(usual / 2), usual * 2, usual * 10];
  const edges = [min, max].flatMap((edge) => (edge === undefined ? [] : [edge - 1, edge, edge + 1]));
  const all = [...around, ...edges, ...(or === undefined ? [] : [or])];
  return all.filter((each) => type === "double" || Number.isSafeInteger(each)).map(String);
}
