import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { images } from "../artifacts/images";
import { BESIDE_LABEL, DRIFT_ANNOTATION, PROGRAM_LABEL, REPORT_ANNOTATION } from "./labels";
import { BUNDLE_FILE, type Program } from "./installProgram";

export interface ProgramJobArgs {
  program: Program;
  /** What the program is told, by environment variables. A change of them is a new run. */
  env: Record<string, pulumi.Input<string>>;
  /** Further things whose change is a new run. */
  runAgainOn: pulumi.Input<string>;
  /** In what that isn't any more which the last run has made, for people to read; its change is a new run, too. */
  drift?: pulumi.Input<string>;
  /**
   * Longer than all of the program's own time limits, which know the reason.
   * @default never: the program ends by itself where nothing goes on, and as long as something does, it may take days
   */
  giveUpAfterSeconds?: number;
  /** Jobs for which this is the same may run beside each other, all others one at a time. @default none may */
  beside?: string;
  /** @default the project's Node.js image */
  image?: string;
}

/** A run of a program. */
export interface Run<Report> {
  readonly job: k8s.batch.v1.Job;
  readonly report: pulumi.Output<Report>;
  /** Another one for each run. */
  readonly id: pulumi.Output<string>;
}

const TERMINATION_LOG = "/dev/termination-log";
const A_YEAR = "8760h";
/** The user `node` of Node.js' image. */
const NODE_UID = 1000;

/**
 * Runs a program to its end, as part of the update. A failure fails the update with the reason; the next update tries
 * again.
 *
 * Pulumi names the Job. What a killed update leaves behind is so in nobody's way; the next run of the program removes it.
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
        // One try: a failure is final, at once. No `podFailurePolicy`: of the reasons for which a Job fails, Pulumi's
        // provider waits to its time limit on all but BackoffLimitExceeded and DeadlineExceeded.
        backoffLimit: 0,
        ...(args.giveUpAfterSeconds !== undefined && { activeDeadlineSeconds: args.giveUpAfterSeconds }),
        template: {
          metadata: {
            annotations: {
              "kubeadm-kafka/run-again-on": args.runAgainOn,
              ...(args.drift !== undefined && { [DRIFT_ANNOTATION]: args.drift }),
            },
          },
          spec: podSpec(args),
        },
      },
    },
    // The state has to know that the old run is gone before the new one begins: else an update that was killed meanwhile
    // and then taken back would find nothing to do. Creating includes the run.
    { ...opts, deleteBeforeReplace: true, customTimeouts: { create: longestRun(args) } },
  );
  return {
    job,
    report: job.metadata.annotations.apply((annotations) => readReport<Report>(annotations)),
    id: job.metadata.uid,
  };
}

/** How long Pulumi waits, which has to know some limit. */
function longestRun({ giveUpAfterSeconds }: ProgramJobArgs): string {
  return giveUpAfterSeconds === undefined ? A_YEAR : `${giveUpAfterSeconds + 60}s`;
}

function podSpec({ program, env, image = images.node }: ProgramJobArgs): k8s.types.input.core.v1.PodSpec {
  const jobName = { fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/job-name']" } };
  return {
    restartPolicy: "Never",
    enableServiceLinks: false,
    serviceAccountName: program.serviceAccount,
    securityContext: { runAsNonRoot: true, runAsUser: NODE_UID, runAsGroup: NODE_UID },
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
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        // Of the pod, the provider shows this message.
        terminationMessagePath: TERMINATION_LOG,
        terminationMessagePolicy: "FallbackToLogsOnError",
        volumeMounts: [{ name: "program", mountPath: "/program", readOnly: true }],
      },
    ],
    volumes: [{ name: "program", configMap: { name: program.code } }],
  };
}

/** Unpacks the bundle and becomes it: needs nothing but Node.js in the image. */
const RUN = `eval(zlib.gunzipSync(fs.readFileSync("/program/${BUNDLE_FILE}")).toString())`;

/** A preview of a run has no report yet. */
function readReport<Report>(annotations: Record<string, string> | undefined): Report {
  const report = annotations?.[REPORT_ANNOTATION];
  return report === undefined ? (pulumi.unknown as unknown as Report) : (JSON.parse(report) as Report);
}
