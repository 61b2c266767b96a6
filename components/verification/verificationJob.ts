import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as path from "path";
import { images } from "../artifacts/images";
import { fingerprint } from "../kafka/fingerprint";
import type { KafkaCluster } from "../kafka/kafkaCluster";
import { bundleProgram } from "../programs/bundle";
import { expectationOf, longestRun } from "./expect";
import { jobSpec } from "./jobSpec";
import type { VerificationReport } from "./report";
import { mayReport } from "./reporting";

export interface VerificationJobArgs {
  /** The cluster to verify. The verification runs again when this changes, and after it has failed. */
  kafka: KafkaCluster;
  /** @default the project's Node.js image */
  image?: string;
}

const PROGRAM = path.join(__dirname, "program", "main.ts");

/** Annotation of the Job in which its pod leaves the report. */
const REPORT_ANNOTATION = "kubeadm-kafka/report";

/**
 * Proves by a producer and a consumer that a Kafka cluster is as planned and loses nothing. A failure fails the update,
 * with the reason; then the next update tries again.
 */
export class VerificationJob extends pulumi.ComponentResource {
  readonly report: pulumi.Output<VerificationReport>;

  constructor(name: string, args: VerificationJobArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("kubeadm-kafka:verification:VerificationJob", name, {}, opts);
    const { kafka, image = images.node } = args;
    const { namespace } = kafka.plan;
    const job = `${kafka.plan.name}-${name}`;
    const afterKafka = { parent: this, dependsOn: kafka };

    const bundle = bundleProgram(PROGRAM);
    const program = new k8s.core.v1.ConfigMap(
      job,
      { metadata: { namespace }, immutable: true, binaryData: { "verify.js.gz": bundle } },
      afterKafka,
    );
    const serviceAccount = mayReport(job, kafka.plan, afterKafka);
    const expectation = kafka.clusterId.apply((id) => JSON.stringify(expectationOf(kafka.plan, id)));
    const longest = longestRun(expectationOf(kafka.plan, "any"));
    const run = new k8s.batch.v1.Job(
      job,
      {
        metadata: { name: job, namespace, annotations: { "pulumi.com/replaceUnready": "true" } },
        spec: jobSpec({
          image,
          jobPath: `/apis/batch/v1/namespaces/${namespace}/jobs/${job}`,
          statefulSetPath: `/apis/apps/v1/namespaces/${namespace}/statefulsets/${kafka.plan.name}`,
          giveUpAfterSeconds: longest,
          reportAnnotation: REPORT_ANNOTATION,
          program: program.metadata.name,
          serviceAccount,
          expectation,
          // A Job whose template changes is replaced, which is a new run.
          runAgainOn: fingerprint([kafka.fingerprint, bundle]),
        }),
      },
      // Creating includes the run.
      { ...afterKafka, customTimeouts: { create: `${longest + 60}s` } },
    );

    this.report = run.metadata.annotations.apply(readReport);
    this.registerOutputs({ report: this.report });
  }
}

/** A preview of a run has no report yet. */
function readReport(annotations: Record<string, string> | undefined): VerificationReport {
  const report = annotations?.[REPORT_ANNOTATION];
  return report === undefined ? (pulumi.unknown as unknown as VerificationReport) : JSON.parse(report);
}
