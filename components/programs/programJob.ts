import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { images } from "../artifacts/images";
import { BESIDE_LABEL, DRIFT_ANNOTATION, PROGRAM_LABEL, REPORT_ANNOTATION } from "./jobMarks";
import { BUNDLE_FILE, type Program } from "./installProgram";

/** A program's run, and what makes it run again. */
export interface ProgramJobArgs {
  program: Program;
  /** Environment variables. A change of them makes the program run again. */
  env: Record<string, pulumi.Input<string>>;
  /** Text whose change makes the program run again. */
  runAgainOn: pulumi.Input<string>;
  /**
   * How the object has drifted since the last run, in words. A change makes the program run again.
   * @default no drift
   */
  drift?: pulumi.Input<string>;
  /**
   * Time limit of the Job. It has to be longer than the program's own limits, since only the program can give the
   * reason.
   * @default none: the program ends itself without progress, and with progress it may take days. If its pod can't start,
   *   `endBlockedJobs` ends it
   */
  giveUpAfterSeconds?: number;
  /** Jobs with the same value may run at the same time; all others run one at a time. @default none */
  beside?: string;
  /** Image with Node.js. @default the project's Node.js image */
  image?: string;
  /** Name of the Secret with the certificate for connections to Kafka: `podCertificate`. @default none */
  certificate?: string | undefined;
}

/** A run of a program. */
export interface Run<Report> {
  readonly job: k8s.batch.v1.Job;
  /** What the program returned. Unknown in a preview of a new run. */
  readonly report: pulumi.Output<Report>;
  /** The Job's uid, so a new one for each run. */
  readonly id: pulumi.Output<string>;
}

const TERMINATION_LOG = "/dev/termination-log";
const A_YEAR = "8760h";
/** Uid of the user `node` in Node.js' image. */
const NODE_UID = 1000;

/**
 * Runs a program to its end, as part of the update. A failure fails the update with the reason, and the next update
 * runs the program again.
 *
 * Pulumi generates the Job's name, so that a Job left by an interrupted update doesn't block a new one. The next run
 * removes it.
 *
 * @param name value of `PROGRAM_LABEL`, the same for each run
 */
export function programJob<Report>(
  name: string,
  args: ProgramJobArgs,
  opts: pulumi.CustomResourceOptions,
): Run<Report> {
  const { namespace } = args.program;
  const job = new k8s.batch.v1.Job(
    name,
    {
      metadata: {
        namespace,
        labels: { [PROGRAM_LABEL]: name, ...(args.beside && { [BESIDE_LABEL]: args.beside }) },
        annotations: { "pulumi.com/replaceUnready": "true" },
      },
      spec: {
        // A failure is final, without a retry. There is no `podFailurePolicy`: Pulumi's provider only knows the failure
        // reasons BackoffLimitExceeded and DeadlineExceeded, and after any other one it waits until its time limit.
        backoffLimit: 0,
        ...(args.giveUpAfterSeconds !== undefined && { activeDeadlineSeconds: args.giveUpAfterSeconds }),
        template: {
          metadata: {
            labels: { [PROGRAM_LABEL]: name },
            annotations: {
              "kubeadm-kafka/run-again-on": args.runAgainOn,
              ...(args.drift !== undefined && { [DRIFT_ANNOTATION]: args.drift }),
            },
          },
          spec: podSpec(args),
        },
      },
    },
    // The state has to record that the old run is gone before the new one begins. Otherwise, if an update is
    // interrupted and its change taken back, the next update would find nothing to do. The creation's time limit
    // includes the run.
    { ...opts, deleteBeforeReplace: true, customTimeouts: { create: longestRun(args) } },
  );
  return {
    job,
    report: job.metadata.annotations.apply((annotations) => readReport<Report>(annotations)),
    id: job.metadata.uid,
  };
}

/** Time limit of Pulumi's wait for the Job. Pulumi requires one. */
function longestRun({ giveUpAfterSeconds }: ProgramJobArgs): string {
  return giveUpAfterSeconds === undefined ? A_YEAR : `${giveUpAfterSeconds + 60}s`;
}

/** The pod of a program's run. */
export function podSpec({
  program,
  env,
  image = images.node,
  certificate,
}: Pick<ProgramJobArgs, "program" | "env" | "image" | "certificate">): k8s.types.input.core.v1.PodSpec {
  const jobName = { fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/job-name']" } };
  return {
    restartPolicy: "Never",
    enableServiceLinks: false,
    serviceAccountName: program.serviceAccount,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: NODE_UID,
      runAsGroup: NODE_UID,
      ...(certificate && { fsGroup: NODE_UID }),
      seccompProfile: { type: "RuntimeDefault" },
    },
    containers: [
      {
        name: "program",
        image,
        command: ["node", "--no-warnings", "--eval", RUN],
        env: [
          ...Object.entries(env).map(([name, value]) => ({ name, value })),
          { name: "NAMESPACE", value: program.namespace },
          { name: "JOB_NAME", valueFrom: jobName },
          { name: "REPORT_ANNOTATION", value: REPORT_ANNOTATION },
          { name: "TERMINATION_LOG", value: TERMINATION_LOG },
        ],
        resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "512Mi" } },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        },
        // Pulumi's provider shows the termination message as the reason of a failure.
        terminationMessagePath: TERMINATION_LOG,
        terminationMessagePolicy: "FallbackToLogsOnError",
        volumeMounts: [
          { name: "program", mountPath: "/program", readOnly: true },
          ...(certificate ? [{ name: "certificate", mountPath: "/certificate", readOnly: true }] : []),
        ],
      },
    ],
    volumes: [
      { name: "program", configMap: { name: program.code } },
      ...(certificate ? [{ name: "certificate", secret: { secretName: certificate, defaultMode: 0o440 } }] : []),
    ],
  };
}

/** Unpacks the bundle and evaluates it. The image needs nothing but Node.js. */
const RUN = `eval(zlib.gunzipSync(fs.readFileSync("/program/${BUNDLE_FILE}")).toString())`;

/** The report; unknown before the Job has run, as in a preview. */
function readReport<Report>(annotations: Record<string, string> | undefined): Report {
  const report = annotations?.[REPORT_ANNOTATION];
  return report === undefined ? (pulumi.unknown as unknown as Report) : (JSON.parse(report) as Report);
}
