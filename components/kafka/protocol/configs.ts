import type { Connection } from "./connection";
import { failOn } from "./errors";
import { alterConfigs, describeConfigs } from "./requests";

/** Owner of a dynamic setting: a topic, one broker, or all brokers without a setting of their own. */
export type ConfigOwner = { readonly topic: string } | { readonly broker: number | "all" };

/** Changes of an owner's settings by name; null removes a setting. */
export interface ConfigChange {
  readonly of: ConfigOwner;
  readonly settings: Readonly<Record<string, string | null>>;
}

const TOPIC = 2;
const BROKER = 4;
const SET = 0;
const DELETE = 1;
/**
 * Source of a topic's own setting.
 *
 * @see org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource
 */
const SET_FOR_TOPIC = 1;
/** Source of one broker's dynamic setting. */
const SET_FOR_BROKER = 2;
/** Source of a dynamic setting for all brokers. */
const SET_FOR_ALL_BROKERS = 3;

/**
 * Changes dynamic settings and leaves all others as they are. A single broker's settings are sent to that broker, which
 * validates them.
 *
 * @see KIP-226 (dynamic broker settings), KIP-339 (incremental changes)
 */
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

/** Topics' own settings, by topic. @param names names of the settings to return @default all */
export async function topicSettings(
  kafka: Connection,
  topics: readonly string[],
  names: readonly string[] | null = null,
): Promise<Map<string, Record<string, string>>> {
  return describeTopics(kafka, topics, names, (source) => source === SET_FOR_TOPIC);
}

/** Topics' settings in effect among `names`, from any source, by topic. */
export async function topicSettingsInEffect(
  kafka: Connection,
  topics: readonly string[],
  names: readonly string[],
): Promise<Map<string, Record<string, string>>> {
  return describeTopics(kafka, topics, names, () => true);
}

async function describeTopics(
  kafka: Connection,
  topics: readonly string[],
  names: readonly string[] | null,
  isWanted: (source: number) => boolean,
): Promise<Map<string, Record<string, string>>> {
  const resources = topics.map((topic) => ({ ...nameOf({ topic }), keys: names }));
  const answer = await kafka.ask(describeConfigs, { resources, synonyms: false, documentation: false });
  return new Map(
    answer.results.map((result) => {
      failOn(`the settings of ${result.name} can't be read`, result);
      const wanted = result.configs.filter(({ source, value }) => isWanted(source) && value !== null);
      return [result.name, Object.fromEntries(wanted.map(({ name, value }) => [name, value!]))];
    }),
  );
}

/** A broker's own dynamic settings among `names`. A confidential setting has an empty value. */
export async function dynamicSettings(
  kafka: Connection,
  broker: number,
  names: readonly string[],
): Promise<Record<string, string>> {
  const configs = await describeBroker(kafka, broker, names);
  const own = configs.filter(({ source }) => source === SET_FOR_BROKER);
  return Object.fromEntries(own.map(({ name, value }) => [name, value ?? ""]));
}

/** Dynamic settings for all brokers among `names`. They override those in a broker's file. */
export async function sharedDynamicSettings(
  kafka: Connection,
  broker: number,
  names: readonly string[],
): Promise<Record<string, string>> {
  const configs = await describeBroker(kafka, broker, names);
  const shared = configs.filter(({ source, value }) => source === SET_FOR_ALL_BROKERS && value !== null);
  return Object.fromEntries(shared.map(({ name, value }) => [name, value!]));
}

/** A broker's settings in effect among `names`, from any source. Settings without a value are left out. */
export async function brokerSettings(
  kafka: Connection,
  broker: number,
  names: readonly string[],
): Promise<Record<string, string>> {
  const configs = await describeBroker(kafka, broker, names);
  return Object.fromEntries(configs.flatMap(({ name, value }) => (value === null ? [] : [[name, value]])));
}

/** Asks the broker itself, since no other broker can answer. */
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
