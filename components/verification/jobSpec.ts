import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

export interface JobSettings {
  image: string;
  /** The Job itself and Kafka's StatefulSet, as paths of the API server. */
  jobPath: string;
  statefulSetPath: string;
  /** Longer than all of the program's own time limits. */
  giveUpAfterSeconds: number;
  reportAnnotation: string;
  /** Name of the ConfigMap with the program. */
  program: pulumi.Input<string>;
  serviceAccount: pulumi.Input<string>;
  /** An Expectation as JSON. */
  expectation: pulumi.Input<string>;
  runAgainOn: string;
}

const TERMINATION_LOG = "/dev/termination-log";
/** The user `node` of Node.js' image. */
const NODE_UID = 1000;

/**
 * One try: a failure is final, at once. No `podFailurePolicy`: of the reasons for which a Job fails, Pulumi's provider
 * waits to its time limit on all but BackoffLimitExceeded and DeadlineExceeded. Of the pod it shows the termination
 * message.
 */
export function jobSpec(settings: JobSettings): k8s.types.input.batch.v1.JobSpec {
  return {
    backoffLimit: 0,
    activeDeadlineSeconds: settings.giveUpAfterSeconds,
    template: {
      metadata: { annotations: { "kubeadm-kafka/run-again-on": settings.runAgainOn } },
      spec: {
        restartPolicy: "Never",
        enableServiceLinks: false,
        serviceAccountName: settings.serviceAccount,
        securityContext: { runAsNonRoot: true, runAsUser: NODE_UID, runAsGroup: NODE_UID },
        containers: [
          {
            name: "verification",
            image: settings.image,
            command: ["node", "--no-warnings", "--eval", RUN],
            env: [
              { name: "EXPECTATION", value: settings.expectation },
              { name: "JOB_PATH", value: settings.jobPath },
              { name: "STATEFUL_SET_PATH", value: settings.statefulSetPath },
              { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
              { name: "REPORT_ANNOTATION", value: settings.reportAnnotation },
              { name: "TERMINATION_LOG", value: TERMINATION_LOG },
            ],
            resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "512Mi" } },
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
            terminationMessagePath: TERMINATION_LOG,
            terminationMessagePolicy: "FallbackToLogsOnError",
            volumeMounts: [{ name: "program", mountPath: "/program", readOnly: true }],
          },
        ],
        volumes: [{ name: "program", configMap: { name: settings.program } }],
      },
    },
  };
}

/** Unpacks the bundle and becomes it: needs nothing but Node.js in the image. */
const RUN = `eval(zlib.gunzipSync(fs.readFileSync("/program/verify.js.gz")).toString())`;
