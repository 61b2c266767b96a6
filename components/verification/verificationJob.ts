import * as pulumi from "@pulumi/pulumi";
import * as path from "path";
import type { KafkaCluster } from "../kafka/kafkaCluster";
import { certificateOf } from "../kafka/plan/certificates";
import { bundleProgram } from "../programs/bundle";
import { installProgram } from "../programs/installProgram";
import { programJob } from "../programs/programJob";
import { expectationOf, GIVE_UP_SECONDS } from "./plannedExpectation";
import type { VerificationReport } from "./report";

/** A verification of a Kafka cluster. */
export interface VerificationJobArgs {
  /** The cluster to verify. The verification runs again when the cluster changes, and after a failure. */
  kafka: KafkaCluster;
  /**
   * Topics that have to be as configured before the verification, since replicas that still move are not in sync, and users, since
   * the verification ends Jobs that still run.
   * @default none
   */
  after?: readonly pulumi.Resource[];
  /** Image with Node.js. @default the project's Node.js image */
  image?: string;
}

const PROGRAM = path.join(__dirname, "inPod", "main.ts");
/** Permission to find each node's host. */
const rules = [{ apiGroups: [""], resources: ["pods"], verbs: ["list"] }];

/**
 * Verifies with a producer and a consumer that a Kafka cluster is as planned and loses no records. A failure fails the
 * update with the reason, and the next update verifies again.
 *
 * @see docs/what-green-means.md
 */
export class VerificationJob extends pulumi.ComponentResource {
  /** Report of the last verification. */
  readonly report: pulumi.Output<VerificationReport>;

  constructor(name: string, args: VerificationJobArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("kubeadm-kafka:verification:VerificationJob", name, {}, opts);
    const { kafka, after = [], image } = args;
    const { namespace } = kafka.plan;
    const job = `${kafka.plan.name}-${name}`;

    const program = installProgram(
      job,
      { namespace, bundle: bundleProgram(PROGRAM), rules },
      { parent: this, dependsOn: kafka.namespace },
    );
    const change = kafka.changeId;
    const expectation = pulumi
      .all([kafka.clusterId, change])
      .apply(([clusterId, changeId]) => JSON.stringify(expectationOf(kafka.plan, clusterId, changeId)));
    const run = programJob<VerificationReport>(
      job,
      {
        program,
        image,
        env: { EXPECTATION: expectation },
        runAgainOn: change,
        giveUpAfterSeconds: GIVE_UP_SECONDS,
        certificate: certificateOf(kafka.plan, "verification"),
      },
      { parent: this, dependsOn: [kafka, ...after] },
    );
    this.report = run.report;
    this.registerOutputs({ report: this.report });
  }
}
