import type { Connection } from "./connection";
import { failOn } from "./errors";
import { alterConfigs, describeConfigs } from "./requests";

/** What a dynamic setting belongs to: a topic, one broker, or all brokers that don't have one of their own. */
export type ConfigOwner = { readonly topic: string } | { readonly broker: number | "all" };

/** Settings to make by name; null takes one back. */
export interface ConfigChange {
  readonly of: ConfigOwner;
  readonly settings: Readonly<Record<string, string | null>>;
}

const TOPIC = 2;
const BROKER = 4;
const SET = 0;
const DELETE = 1;
/** Values that were set for this very topic; others come from the brokers. */
const SET_FOR_TOPIC = 1;
/** Values that were set for this very broker while it ran; others come from its file, or are Kafka's. */
const SET_FOR_BROKER = 2;
/** Values that were set for all brokers while they ran. */
const SET_FOR_ALL_BROKERS = 3;

/** Makes dynamic settings, leaving all others as they are. A broker's own ones are checked, so asked for, by itself. */
export async function configure(kafka: Connection, changes: readonly ConfigChange[]): Promise<void> {
  for (const [broker, group] of Map.groupBy(changes, ({ of }) => ("broker" in of ? of.broker : "all"))) {
    const resources = group.map(({ of, settings }) => ({
      ...nameOf(of),
      configs: Object.entries(settings).map(([name, value]) => ({
        name,
        operation: value === null ? DELETE : SET,
        value,
      })),
    }));
    const question = { resources, validateOnly: false };
    const answer =
      broker === "all"
        ? await kafka.ask(alterConfigs, question)
        : await kafka.askBroker(broker, alterConfigs, question);
    for (const each of answer.responses) failOn(`${each.name || "the cluster"} can't be configured`, each);
  }
}

/** Settings that topics have of their own, by topic; only those among `names`, where there are any given. */
export async function topicSettings(
  kafka: Connection,
  topics: readonly string[],
  names: readonly string[] | null = null,
): Promise<Map<string, Record<string, string>>> {
  const resources = topics.map((topic) => ({ ...nameOf({ topic }), keys: names }));
  const answer = await kafka.ask(describeConfigs, { resources, synonyms: false, documentation: false });
  return new Map(
    answer.results.map((result) => {
      failOn(`the settings of ${result.name} can't be read`, result);
      const own = result.configs.filter(({ source, value }) => source === SET_FOR_TOPIC && value !== null);
      return [result.name, Object.fromEntries(own.map(({ name, value }) => [name, value!]))];
    }),
  );
}

/** Dynamic settings that a broker has of its own, among `names`. The value is empty where Kafka keeps it secret. */
export async function dynamicSettings(
  kafka: Connection,
  broker: number,
  names: readonly string[],
): Promise<Record<string, string>> {
  const configs = await describeBroker(kafka, broker, names);
  const own = configs.filter(({ source }) => source === SET_FOR_BROKER);
  return Object.fromEntries(own.map(({ name, value }) => [name, value ?? ""]));
}

/** Dynamic settings, among `names`, that a broker shares with all others. They win over those of its file. */
export async function sharedDynamicSettings(
  kafka: Connection,
  broker: number,
  names: readonly string[],
): Promise<Record<string, string>> {
  const configs = await describeBroker(kafka, broker, names);
  const shared = configs.filter(({ source, value }) => source === SET_FOR_ALL_BROKERS && value !== null);
  return Object.fromEntries(shared.map(({ name, value }) => [name, value!]));
}

/** A broker's settings that are in effect, among `names`, whatever they come from. Those without a value are left out. */
export async function brokerSettings(
  kafka: Connection,
  broker: number,
  names: readonly string[],
): Promise<Record<string, string>> {
  const configs = await describeBroker(kafka, broker, names);
  return Object.fromEntries(configs.flatMap(({ name, value }) => (value === null ? [] : [[name, value]])));
}

/** Asks the broker itself: Kafka lets no other one tell. */
async function describeBroker(kafka: Connection, broker: number, names: readonly string[]) {
  const resources = [{ ...nameOf({ broker }), keys: names }];
  const answer = await kafka.askBroker(broker, describeConfigs, { resources, synonyms: false, documentation: false });
  return answer.results.flatMap((result) => {
    failOn(`the settings of broker ${broker} can't be read`, result);
    return result.configs;
  });
}

function nameOf(of: ConfigOwner): { type: number; name: string } {
  if ("topic" in of) return { type: TOPIC, name: of.topic };
  return { type: BROKER, name: of.broker === "all" ? "" : String(of.broker) };
}
