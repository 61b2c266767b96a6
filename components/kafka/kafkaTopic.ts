import * as pulumi from "@pulumi/pulumi";
import { programJob } from "../programs/programJob";
import type { TopicReport, TopicTask } from "./changes/task";
import { topicListing } from "./declared/topicListing";
import type { KafkaCluster } from "./kafkaCluster";
import { topicDrift, type RunningTopics } from "./observed/runningTopics";
import type { KafkaProperties } from "./plan/properties";
import { certificateOf } from "./plan/certificates";
import { configuredSettingsName, movesLeaseName, topicJobName, TOPICS_BESIDE } from "./plan/topicNames";

/** Layout and settings of a topic. @see docs/topics.md */
export interface KafkaTopicArgs {
  /** The cluster that the topic belongs to. */
  kafka: KafkaCluster;
  /** Number of partitions. It can only grow: a smaller number is refused. */
  partitions: number;
  /** Replicas of each partition, at most the number of brokers. A change adds, removes or moves replicas. */
  replicationFactor: number;
  /**
   * The topic's own settings by name. A setting that is taken out of the config gets the brokers' default again.
   * Settings that were made by other means stay.
   * @default none
   * @example { "retention.ms": 3600000, "cleanup.policy": "delete" }
   * @see https://kafka.apache.org/documentation/#topicconfigs
   */
  config?: KafkaProperties;
  /**
   * Whether a change of the settings may let Kafka delete records that it keeps now. Refused without it.
   * @default false
   */
  allowRecordDeletion?: boolean;
  /**
   * The topics as Kafka has them now, from `lookAtTopics`. With it, a preview shows drift, and refuses fewer partitions
   * and deleted records.
   * @default unknown: the Job runs only when the config changes
   */
  running?: pulumi.Output<RunningTopics>;
}

/**
 * A topic of a Kafka cluster, made and changed by a Job. Jobs of several topics run at the same time. Removing this
 * resource leaves the topic and its records as they are: this program never deletes a user's topic.
 *
 * @see docs/topics.md
 */
export class KafkaTopic extends pulumi.ComponentResource {
  /** Report of the Job's last run. */
  readonly lastChange: pulumi.Output<TopicReport>;

  /** @param name the topic's name in Kafka */
  constructor(name: string, args: KafkaTopicArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("kubeadm-kafka:kafka:KafkaTopic", name, {}, opts);
    const { kafka, partitions, replicationFactor, config = {}, allowRecordDeletion, running } = args;
    const asText = Object.entries(config).map(([setting, value]) => [setting, String(value)]);
    const task: TopicTask = {
      task: "topic",
      topic: {
        name,
        partitions,
        replicationFactor,
        config: Object.fromEntries(asText) as Record<string, string>,
        ...(allowRecordDeletion && { allowRecordDeletion }),
      },
      configuredSettings: configuredSettingsName(kafka.plan),
      movesLease: movesLeaseName(kafka.plan),
      brokers: kafka.plan.brokers,
      bootstrapServers: kafka.plan.bootstrapServersOfJobs,
      moveBytesPerSecond: kafka.moveBytesPerSecond,
    };
    const job = topicJobName(kafka.plan, name);
    const listing = topicListing(kafka.plan, name, { parent: this, dependsOn: kafka.namespace });
    const run = programJob<TopicReport>(
      job,
      {
        program: kafka.program,
        env: { TASK: JSON.stringify(task), LISTING: listing },
        runAgainOn: kafka.changeId,
        drift: running?.apply((seen) => topicDrift(task, job, seen)),
        beside: TOPICS_BESIDE,
        certificate: certificateOf(kafka.plan, "topics"),
      },
      { parent: this, dependsOn: kafka },
    );
    this.lastChange = run.report;
    this.registerOutputs({ lastChange: this.lastChange });
  }
}
