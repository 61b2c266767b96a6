import * as pulumi from "@pulumi/pulumi";
import { programJob } from "../programs/programJob";
import type { UserReport, UserTask } from "./changes/task";
import { userSecret } from "./declared/userSecret";
import type { KafkaCluster } from "./kafkaCluster";
import type { KafkaUserList } from "./kafkaUserList";
import { userDrift, type RunningUsers } from "./observed/runningUsers";
import { loginFiles } from "./observed/userLogin";
import { type AclArgs, bindingsOf } from "./plan/acls";
import { authoritiesName, certificateOf } from "./plan/certificates";
import { kafkaQuotas, type QuotaArgs } from "./plan/quotas";
import { TOPICS_BESIDE } from "./plan/topicNames";
import { loginServers, userJobName, usersName } from "./plan/userNames";

/** What a user may do. @see docs/users.md */
export interface KafkaUserArgs {
  /** The cluster that the user belongs to. It needs an authorizer. */
  kafka: KafkaCluster;
  /** The list of the cluster's users, which has this one. */
  list: KafkaUserList;
  /** The administrator's kubeconfig, with which the login is read from its Secret. */
  kubeconfig: pulumi.Output<string>;
  /**
   * All that the user may do, or may not. ACLs of the user that aren't here are deleted, whoever has made them.
   * @default nothing
   * @example [{ resource: "Topic", name: "orders", operations: ["Read", "Describe"] }]
   */
  acls?: readonly AclArgs[];
  /** The user's limits, whatever its clients' ids. Others are removed. @default none */
  quotas?: QuotaArgs;
  /**
   * The users as Kafka has them now, from `lookAtUsers`. With it, a preview shows drift.
   * @default unknown: the Job runs only when the config changes
   */
  running?: pulumi.Output<RunningUsers>;
}

/**
 * A user of a Kafka cluster: login by SCRAM-SHA-512, ACLs and quotas, made and changed by a Job. The Job makes the password, and
 * writes it into a Secret. Removing this resource deletes the Secret; the list's Job takes the rest away.
 *
 * @see docs/users.md
 */
export class KafkaUser extends pulumi.ComponentResource {
  /** Report of the Job's last run. */
  readonly lastChange: pulumi.Output<UserReport>;
  /** The files of the user's Secret, by name, such as `password` and `client.properties`. A secret output. */
  readonly login: pulumi.Output<Readonly<Record<string, string>>>;

  /** @param name the user's name in Kafka: a-z, 0-9 and -, at most 43 characters */
  constructor(name: string, args: KafkaUserArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("kubeadm-kafka:kafka:KafkaUser", name, {}, opts);
    const { kafka, list, kubeconfig, acls = [], quotas = {}, running } = args;
    const { plan, program } = kafka;
    const job = userJobName(plan, name);
    const task: UserTask = {
      task: "user",
      user: { name, acls: acls.flatMap(bindingsOf), quotas: kafkaQuotas(quotas) },
      secret: job,
      users: usersName(plan),
      authorities: authoritiesName(plan.name),
      bootstrapServers: plan.bootstrapServersOfJobs,
      loginServers: loginServers(plan),
    };
    const secret = userSecret(plan, name, program, { parent: this, dependsOn: kafka.namespace });
    const run = programJob<UserReport>(
      job,
      {
        program,
        env: { TASK: JSON.stringify(task) },
        runAgainOn: kafka.changeId,
        drift: running?.apply((seen) => userDrift(task, job, seen)),
        beside: TOPICS_BESIDE,
        certificate: certificateOf(plan, "users"),
      },
      { parent: this, dependsOn: [kafka, list.writable, secret] },
    );
    this.lastChange = run.report;
    this.login = loginFiles({ plan, secret: job, kubeconfig, after: run.id });
    this.registerOutputs({ lastChange: this.lastChange });
  }
}
