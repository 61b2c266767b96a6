import { versions } from "../../components/artifacts/versions";
import { hasTls } from "../../components/kafka/plan/encryption";
import type { PropertyMistake } from "../../components/kafka/plan/properties";
import { propertyMistakes, topicSettingMistakes } from "../../components/kafka/settings/unfitProperties";
import { codes, keyOf, type Mistake, mistake, type Mistakes } from "../mistakes";
import type { StackConfig } from "../schema/schema";

type KafkaConfig = StackConfig["kafka"];

/** The last of Kubernetes' node ports. */
const LAST_NODE_PORT = 32767;

/**
 * Settings that Kafka would refuse, or with which it would run badly.
 *
 * @param encrypted keys of the config with encrypted values, which no message repeats
 */
export function* kafkaMistakes({ kafka }: StackConfig, encrypted: readonly string[] = []): Mistakes {
  const secret = encrypted.includes("kafka");
  yield* checkControllers(kafka);
  yield* checkVersion(kafka);
  yield* checkOutsidePort(kafka);
  yield* checkProperties(kafka, secret);
  yield* checkTopics(kafka, secret);
}

function* checkControllers({ controllers }: KafkaConfig): Mistakes {
  const count = controllers?.count ?? 1;
  if (count % 2 === 1) return;
  const message = `${count} survive no more than ${count - 1} do; set ${count - 1} or ${count + 1}`;
  yield mistake(codes.evenControllers, "kafka.controllers.count", message);
}

/** Whether this checkout runs a version of Kafka: it knows the settings of the releases from the oldest one on. */
export function isSupportedKafka(version: string): boolean {
  return /^4[.]\d+[.]\d+$/.test(version) && minor(version) >= minor(versions.kafkaBefore);
}

/** @example "4.3.1" → 3 */
const minor = (release: string): number => Number(release.split(".")[1]);

function* checkVersion({ version, metadataVersion }: KafkaConfig): Mistakes {
  if (!isSupportedKafka(version)) {
    const message = `${version} isn't supported; set ${versions.kafka}, or any from ${versions.kafkaBefore} on`;
    yield mistake(codes.unsupportedKafka, "kafka.version", message);
  }
  if (metadataVersion && minor(metadataVersion) > minor(version)) {
    const message = `${metadataVersion} is newer than kafka.version, ${version}; change the version first`;
    yield mistake(codes.metadataAhead, "kafka.metadataVersion", message);
  }
}

function* checkOutsidePort({ brokers, outsidePort, security }: KafkaConfig): Mistakes {
  const highest = LAST_NODE_PORT - brokers + 1;
  const { encryption } = security;
  const ports = [
    { key: "kafka.outsidePort", first: outsidePort, isUsed: encryption !== "closed" },
    { key: "kafka.security.outsidePort", first: security.outsidePort, isUsed: hasTls(encryption) },
  ];
  for (const { key, first, isUsed } of ports) {
    if (first === undefined) continue;
    if (first > highest) {
      const message = `${first} leaves no port for the last of ${brokers} brokers; set at most ${highest}`;
      yield mistake(codes.outsidePorts, key, message);
    }
    if (!isUsed) {
      const message = `has no effect while kafka.security.encryption is ${encryption}; remove it`;
      yield mistake(codes.unusedOutsidePort, key, message);
    }
  }
  const [plain, tls] = [outsidePort, security.outsidePort];
  if (plain !== undefined && tls !== undefined && Math.abs(plain - tls) < brokers) {
    const message = `${tls} and kafka.outsidePort, ${plain}, are less than ${brokers} apart, so that two brokers would have one port; set another`;
    yield mistake(codes.sameOutsidePort, "kafka.security.outsidePort", message);
  }
}

const propertyCodes = {
  planned: codes.unfitProperty,
  unknown: codes.unknownSetting,
  value: codes.settingValue,
  replicas: codes.inSyncCopies,
  conflict: codes.settingConflict,
  lockout: codes.brokersLockedOut,
} as const satisfies Record<PropertyMistake["kind"], Mistake["code"]>;

function* checkProperties({ properties, ...context }: KafkaConfig, secret: boolean): Mistakes {
  const { encryption } = context.security;
  for (const { name, kind, message } of propertyMistakes(properties, { ...context, secret, encryption })) {
    yield mistake(propertyCodes[kind], keyOf(["kafka", "properties", name]), message);
  }
}

function* checkTopics(kafka: KafkaConfig, secret: boolean): Mistakes {
  const topics = Object.entries(kafka.topics);
  const metricNameOf = (name: string): string => name.replaceAll(".", "_");
  for (const [index, [name, { replicationFactor, config }]] of topics.entries()) {
    const keyIn = (...path: string[]): string => keyOf(["kafka", "topics", name, ...path]);
    const [twin] = topics.slice(0, index).find(([other]) => metricNameOf(other) === metricNameOf(name)) ?? [];
    if (twin !== undefined) {
      const message = `differs from ${twin} by . and _ alone, which Kafka's metrics don't tell apart; give one another name`;
      yield mistake(codes.sameTopic, keyIn(), message);
    }
    if (replicationFactor > kafka.brokers) {
      const message = `${replicationFactor} are more than kafka.brokers, ${kafka.brokers}; set at most that, or more brokers`;
      yield mistake(codes.topicCopies, keyIn("replicationFactor"), message);
    }
    const unfit = topicSettingMistakes(config, replicationFactor, { ...kafka, secret });
    for (const { name: setting, kind, message } of unfit) {
      const code = kind === "planned" ? codes.unfitTopicSetting : propertyCodes[kind];
      yield mistake(code, keyIn("config", setting), message);
    }
  }
}
