import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import * as path from "node:path";

import { type Definitions, definitionsOf, knownReleases } from "../../components/kafka/settings/knownProperties";
import { planKafka } from "../../components/kafka/plan/kafkaPlan";
import { propertyLines, type PropertyMistake, serverProperties } from "../../components/kafka/plan/properties";
import { propertyMistakes, topicSettingMistakes } from "../../components/kafka/settings/unfitProperties";
import { commandPath } from "../../toolchain/machine/commands";
import { randomNumbers } from "../support/randomNumbers";
import { type Case, randomCases, singleCases } from "./cases";

/**
 * Compares the rules for Kafka's properties with Kafka's own classes, for each release that has definitions. Kafka has to accept each
 * config that the rules accept; a config that only the rules refuse needs a reason in STRICTER. `make test-properties [SEED=number]`
 */
const root = path.resolve(__dirname, "../..");
const RANDOM_CASES = 20_000;

/** Configs that the rules refuse although Kafka's classes accept them, with the reason. */
const STRICTER: readonly { readonly name: RegExp; readonly value: RegExp; readonly why: string }[] = [
  { name: /./, value: /^٣$/, why: "Java reads digits of any script; nobody means these" },
  { name: /./, value: /^NaN$/, why: "every comparison with it is false, so that no limit holds" },
  {
    name: /./,
    value: /^a,a$/,
    why: "an item that is listed twice is a slip; Kafka itself refuses it in some of its lists",
  },
  {
    name: /^(offsets\.topic|share\.coordinator\.state\.topic|transaction\.state\.log)\.segment\.bytes$/,
    value: /./,
    why: "a broker starts with less than 1 MiB, but can't make the topic",
  },
  {
    name: /^broker\.(heartbeat\.interval|session\.timeout)\.ms$/,
    value: /./,
    why: "a broker starts with a heartbeat that comes after the end of its session, and is fenced",
  },
  {
    name: /^group\.(min|max)\.session\.timeout\.ms$/,
    value: /./,
    why: "a broker starts with limits that no session is between, and takes no consumer of a classic group",
  },
  { name: /^replica\.selector\.class$/, value: /^$/, why: "a broker ends when it loads the class" },
];

/** Kafka's refusal of an unknown class. The rules accept it, since the user's image may have the class. */
const NO_SUCH_CLASS = /Class .*(could not|cannot) be found/s;

function main(args: readonly string[]): void {
  if (args.length > 0) {
    console.error("usage: [SEED=number] tests/properties/main.ts, without arguments");
    process.exitCode = 2;
    return;
  }
  const missing = ["java", "javac", "mvn"].filter((name) => !commandPath(name));
  if (missing.length > 0) throw new Error(`Kafka's classes can't be asked, this machine lacks: ${missing.join(", ")}`);
  const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
  console.log(`SEED=${seed}`);
  const found = knownReleases().map((release) => compare(definitionsOf(release), seed));
  process.exitCode = found.includes(false) ? 1 : 0;
}

/** Whether the rules and Kafka agree. Prints the cases in which they don't. */
function compare(definitions: Definitions, seed: number): boolean {
  const { release } = definitions;
  const cases = [...singleCases(definitions), ...randomCases(definitions, RANDOM_CASES, randomNumbers(seed))];
  const kafka = judge(release, cases);
  const differences = cases.flatMap((each, id) => {
    const shown = JSON.stringify(each.topic ? { topic: each.topic } : each.properties);
    const [mistake] = mistakesIn(each, release);
    const refusal = kafka[id];
    if (!mistake && refusal !== undefined) {
      return NO_SUCH_CLASS.test(refusal) ? [] : [`accepted, but Kafka refuses ${shown}: ${refusal}`];
    }
    return mistake && refusal === undefined && !isStricter(mistake, each)
      ? [`refused, but Kafka accepts ${shown}: ${mistake.message}`]
      : [];
  });
  console.log(`Kafka ${release}: ${cases.length} cases, of which Kafka refuses ${Object.keys(kafka).length}`);
  for (const difference of differences) console.log(`  ${difference}`);
  return differences.length === 0;
}

function mistakesIn({ properties, topic }: Case, version: string): PropertyMistake[] {
  return topic
    ? topicSettingMistakes(topic, 3, { version, properties })
    : propertyMistakes(properties, { version, brokers: 3 });
}

/** The kinds of mistakes that Kafka reports, too. Configs with other kinds break the plan, or make a useless cluster. */
function isStricter({ name, kind }: PropertyMistake, { properties, topic }: Case): boolean {
  if (kind !== "value" && kind !== "conflict") return true;
  const value = String((topic ?? properties)[name]);
  return STRICTER.some((each) => each.name.test(name) && each.value.test(value));
}

/** Kafka's reasons for refusing cases, by the cases' index. */
function judge(release: string, cases: readonly Case[]): Record<number, string> {
  const jars = path.join(root, "build/kafka-jars", release);
  const written = readFileSync(path.join(root, `components/kafka/settings/definitions/${release}.json`), "utf8");
  const { version } = JSON.parse(written) as { version: string };
  const pom = path.join(root, "toolchain/images/kafka/pom.xml");
  const copied = ["dependency:copy-dependencies", "-DincludeScope=runtime", `-DoutputDirectory=${jars}`];
  program("mvn", ["--quiet", "--batch-mode", "--file", pom, `-Dkafka.version=${version}`, ...copied]);
  program("javac", ["-cp", `${jars}/*`, "-d", jars, path.join(__dirname, "JudgeProperties.java")]);
  const input = {
    base: `${serverProperties(planKafka("kafka", "kafka", 3))}\n${NODE}\n`,
    cases: Object.fromEntries(
      cases.map(({ properties, topic }, id) => [id, { file: propertyLines(properties), ...(topic && { topic }) }]),
    ),
  };
  const printed = program("java", ["-cp", `${jars}:${jars}/*`, "JudgeProperties"], JSON.stringify(input));
  return JSON.parse(printed.slice(printed.lastIndexOf("\n{") + 1)) as Record<number, string>;
}

/** Properties that a node's launcher adds. */
const NODE = `
node.id=0
process.roles=broker,controller
log.dirs=/tmp/kafka
listeners=CLUSTER://:9092,NODES://:9094,CONTROLLER://:9093
advertised.listeners=CLUSTER://kafka-0.kafka:9092,NODES://10.96.0.9:9094,CONTROLLER://kafka-0-quorum.kafka:9093
`;

function program(name: string, args: readonly string[], input = ""): string {
  const { status, stdout, stderr } = spawnSync(name, args, { input, encoding: "utf8", maxBuffer: 2 ** 30 });
  if (status !== 0) throw new Error(`${name} ended with ${status}:\n${stdout.slice(-2000)}${stderr.slice(-2000)}`);
  return stdout;
}

main(process.argv.slice(2));
