import * as pulumi from "@pulumi/pulumi";
import { programJob } from "../programs/programJob";
import type { TopicReport, TopicTask } from "./changes/task";
import type { KafkaCluster } from "./kafkaCluster";
import { driftOf, type RunningTopics } from "./observed/runningTopics";
import type { KafkaProperties } from "./plan/properties";
import { configuredSettingsName, topicJobName, TOPICS_BESIDE } from "./plan/topicNames";

export interface KafkaTopicArgs {
  kafka: KafkaCluster;
  /** Number of partitions. It only grows: fewer are refused. */
  partitions: number;
  /** Replicas of each partition, at most as many as there are brokers. A change moves replicas. */
  replicationFactor: number;
  /**
   * Settings of the topic's own, as in Kafka's documentation. One that is taken out is the brokers' default again; those that
   * others have made stay. @default none
   */
  config?: KafkaProperties;
  /** Whether a change of its settings may let Kafka delete records that are kept now. Refused otherwise. @default false */
  allowRecordDeletion?: boolean;
  /**
   * What Kafka says of its topics now, from `lookAtTopics`. Then a preview shows what somebody else has changed, and
   * refuses fewer partitions and deleted records. @default nobody looks, and the Job runs when the config changes
   */
  running?: pulumi.Output<RunningTopics>;
}

/**
 * A topic of a Kafka cluster, made and changed by a Job, beside those of other topics. Without it the topic goes on as it
 * is, with what it holds: nothing deletes a topic but its user.
 */
export class KafkaTopic extends pulumi.ComponentResource {
  /** What its last run has found and done. */
  readonly lastChange: pulumi.Output<TopicReport>;

  /** @param name of the topic */
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
      brokers: kafka.plan.brokers,
      bootstrapServers: kafka.plan.bootstrapServers,
      moveBytesPerSecond: kafka.moveBytesPerSecond,
    };
    const job = topicJobName(kafka.plan, name);
    const run = programJob<TopicReport>(
      job,
      {
        program: kafka.program,
        env: { TASK: JSON.stringify(task) },
        runAgainOn: kafka.changeId,
        drift: running?.apply((seen) => driftOf(task, job, seen)),
        beside: TOPICS_BESIDE,
      },
      { parent: this, dependsOn: kafka },
    );
    this.lastChange = run.report;
    this.registerOutputs({ lastChange: this.lastChange });
  }
}
