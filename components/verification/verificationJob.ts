import * as pulumi from "@pulumi/pulumi";
import * as path from "path";
import type { KafkaCluster } from "../kafka/kafkaCluster";
import type { KafkaTopic } from "../kafka/kafkaTopic";
import { bundleProgram } from "../programs/bundle";
import { installProgram } from "../programs/installProgram";
import { programJob } from "../programs/programJob";
import { expectationOf, GIVE_UP_SECONDS } from "./plannedExpectation";
import type { VerificationReport } from "./report";

export interface VerificationJobArgs {
  /** The cluster to verify. The verification runs again when this changes, and after it has failed. */
  kafka: KafkaCluster;
  /** Topics that have to be as configured before: replicas that still move are not in sync. @default none */
  topics?: readonly KafkaTopic[];
  /** @default the project's Node.js image */
  image?: string;
}

const PROGRAM = path.join(__dirname, "inPod", "main.ts");
/** To say which host each node is on. */
const rules = [{ apiGroups: [""], resources: ["pods"], verbs: ["list"] }];

/**
 * Proves by a producer and a consumer that a Kafka cluster is as planned and loses nothing. A failure fails the update,
 * with the reason; then the next update tries again.
 */
export class VerificationJob extends pulumi.ComponentResource {
  readonly report: pulumi.Output<VerificationReport>;

  constructor(name: string, args: VerificationJobArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("kubeadm-kafka:verification:VerificationJob", name, {}, opts);
    const { kafka, topics = [], image } = args;
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
      .apply(([id, made]) => JSON.stringify(expectationOf(kafka.plan, id, made)));
    const run = programJob<VerificationReport>(
      job,
      {
        program,
        image,
        env: { EXPECTATION: expectation },
        runAgainOn: change,
        giveUpAfterSeconds: GIVE_UP_SECONDS,
      },
      { parent: this, dependsOn: [kafka, ...topics] },
    );
    this.report = run.report;
    this.registerOutputs({ report: this.report });
  }
}
