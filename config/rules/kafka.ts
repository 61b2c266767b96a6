import { versions } from "../../components/artifacts/versions";
import type { PropertyMistake } from "../../components/kafka/properties";
import { propertyMistakes, topicSettingMistakes } from "../../components/kafka/unfitProperties";
import { codes, type Mistake } from "../mistakes";
import type { StackConfig } from "../schema/schema";
import { keyOf } from "../schema/schemaMistakes";

type KafkaConfig = StackConfig["kafka"];

/** The last of the ports that Kubernetes gives to services on nodes. */
const LAST_NODE_PORT = 32767;

/**
 * What Kafka would refuse, or run badly with.
 *
 * @param encrypted keys of the config with encrypted values, which no message repeats
 */
export function kafkaMistakes({ kafka }: StackConfig, encrypted: readonly string[] = []): Mistake[] {
  const secret = encrypted.includes("kafka");
  return [
    ...checkControllers(kafka),
    ...checkVersion(kafka),
    ...checkOutsidePort(kafka),
    ...checkProperties(kafka, secret),
    ...checkTopics(kafka, secret),
  ];
}

function checkControllers(kafka: KafkaConfig): Mistake[] {
  const count = kafka.controllers?.count ?? 1;
  return count % 2 === 0
    ? [
        {
          code: codes.evenControllers,
          key: "kafka.controllers.count",
          message: `${count} survive no more than ${count - 1} do; set ${count - 1} or ${count + 1}`,
        },
      ]
    : [];
}

function checkVersion(kafka: KafkaConfig): Mistake[] {
  const minor = (version: string): number => Number(version.split(".")[1]);
  const mistakes: Mistake[] = [];
  if (minor(kafka.version) < minor(versions.kafkaBefore)) {
    mistakes.push({
      code: codes.unsupportedKafka,
      key: "kafka.version",
      message: `${kafka.version} isn't supported; set ${versions.kafka}, or any from ${versions.kafkaBefore} on`,
    });
  }
  if (kafka.metadataVersion && minor(kafka.metadataVersion) > minor(kafka.version)) {
    mistakes.push({
      code: codes.metadataAhead,
      key: "kafka.metadataVersion",
      message: `${kafka.metadataVersion} is newer than kafka.version, ${kafka.version}; change the version first`,
    });
  }
  return mistakes;
}

function checkOutsidePort(kafka: KafkaConfig): Mistake[] {
  const last = (kafka.outsidePort ?? 0) + kafka.brokers - 1;
  return last > LAST_NODE_PORT
    ? [
        {
          code: codes.outsidePorts,
          key: "kafka.outsidePort",
          message: `${kafka.outsidePort} leaves no port for the last of ${kafka.brokers} brokers; set at most ${LAST_NODE_PORT - kafka.brokers + 1}`,
        },
      ]
    : [];
}

const propertyCodes = {
  planned: codes.unfitProperty,
  unknown: codes.unknownSetting,
  value: codes.settingValue,
  copies: codes.inSyncCopies,
  conflict: codes.settingConflict,
  lockout: codes.brokersLockedOut,
} as const satisfies Record<PropertyMistake["kind"], Mistake["code"]>;

function checkProperties({ properties, ...context }: KafkaConfig, secret: boolean): Mistake[] {
  return propertyMistakes(properties, { ...context, secret }).map(({ name, kind, message }) => ({
    code: propertyCodes[kind],
    key: keyOf(["kafka", "properties", name]),
    message,
  }));
}

function checkTopics(kafka: KafkaConfig, secret: boolean): Mistake[] {
  const topics = Object.entries(kafka.topics);
  const keyIn = (...path: string[]): string => keyOf(["kafka", "topics", ...path]);
  const alike = (name: string): string => name.replaceAll(".", "_");
  return topics.flatMap(([name, { replicationFactor, config }], index) => {
    const mistakes: Mistake[] = [];
    const [twin] = topics.slice(0, index).find(([other]) => alike(other) === alike(name)) ?? [];
    if (twin !== undefined) {
      mistakes.push({
        code: codes.sameTopic,
        key: keyIn(name),
        message: `differs from ${twin} by . and _ alone, which Kafka's metrics don't tell apart; give one another name`,
      });
    }
    if (replicationFactor > kafka.brokers) {
      mistakes.push({
        code: codes.topicCopies,
        key: keyIn(name, "replicationFactor"),
        message: `${replicationFactor} are more than kafka.brokers, ${kafka.brokers}; set at most that, or more brokers`,
      });
    }
    const unfit = topicSettingMistakes(config, replicationFactor, { ...kafka, secret });
    return [
      ...mistakes,
      ...unfit.map(({ name: setting, kind, message }) => ({
        code: kind === "planned" ? codes.unfitTopicSetting : propertyCodes[kind],
        key: keyIn(name, "config", setting),
        message,
      })),
    ];
  });
}
