import * as pulumi from "@pulumi/pulumi";
import { programJob } from "../programs/programJob";
import type { RemovedUsersReport, RemovedUsersTask } from "./changes/task";
import { usersMap } from "./declared/usersMap";
import type { KafkaCluster } from "./kafkaCluster";
import { certificateOf } from "./plan/certificates";
import { TOPICS_BESIDE } from "./plan/topicNames";
import { usersName } from "./plan/userNames";

/** Which users a Kafka cluster has. @see docs/users.md */
export interface KafkaUserListArgs {
  /** The cluster that the users belong to. */
  kafka: KafkaCluster;
  /** Names of all users. A user that is no longer among them loses login, ACLs and quotas. */
  names: readonly string[];
}

/**
 * The list of a Kafka cluster's users. A Job takes away what users had that are no longer on it: a user's own Job is gone
 * by then. It has to stay once there have been users, for otherwise nobody would take the last one's rights.
 *
 * @see docs/users.md
 */
export class KafkaUserList extends pulumi.ComponentResource {
  /** What users' Jobs depend on: the list can be written. */
  readonly writable: pulumi.Resource;
  /** Report of the Job's last run. */
  readonly lastRemoval: pulumi.Output<RemovedUsersReport>;

  constructor(name: string, { kafka, names }: KafkaUserListArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("kubeadm-kafka:kafka:KafkaUserList", name, {}, opts);
    const { plan, program } = kafka;
    const task: RemovedUsersTask = {
      task: "users",
      cluster: plan.name,
      configured: names.toSorted(),
      users: usersName(plan),
      bootstrapServers: plan.bootstrapServersOfJobs,
    };
    this.writable = usersMap(plan, program, { parent: this, dependsOn: kafka.namespace });
    const run = programJob<RemovedUsersReport>(
      usersName(plan),
      {
        program,
        env: { TASK: JSON.stringify(task) },
        runAgainOn: kafka.changeId,
        beside: TOPICS_BESIDE,
        certificate: certificateOf(plan, "users"),
      },
      { parent: this, dependsOn: [kafka, this.writable] },
    );
    this.lastRemoval = run.report;
    this.registerOutputs({ lastRemoval: this.lastRemoval });
  }
}
