import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Program } from "./installProgram";
import { PROGRAM_LABEL } from "./jobMarks";
import { podSpec } from "./programJob";

/** A program's runs on request. */
export interface ProgramCronJobArgs {
  program: Program;
  /** Environment variables. Whoever makes a Job sets those that are empty here. */
  env: Record<string, pulumi.Input<string>>;
  /** Labels of the CronJob, by which others find it. */
  labels: Record<string, string>;
  /** As `ProgramJobArgs.certificate`. @default none */
  certificate?: string | undefined;
}

/** A date that never comes. Kubernetes requires a schedule, and a suspended CronJob ignores it. */
const NEVER = "0 0 31 2 *";

/**
 * Lets others run a program: a suspended CronJob, from whose template they make Jobs with
 * `kubectl create job --from=cronjob/NAME`. Such a Job runs once, like those of `programJob`. Its pod may run on cordoned
 * hosts as well, since all of them may be cordoned when it has to run.
 *
 * @param name of the CronJob, and value of its Jobs' `PROGRAM_LABEL`
 * @see https://kubernetes.io/docs/reference/kubectl/generated/kubectl_create/kubectl_create_job/
 */
export function programCronJob(
  name: string,
  { program, env, labels, certificate }: ProgramCronJobArgs,
  opts: pulumi.CustomResourceOptions,
): void {
  new k8s.batch.v1.CronJob(
    name,
    {
      metadata: { name, namespace: program.namespace, labels },
      spec: {
        schedule: NEVER,
        suspend: true,
        concurrencyPolicy: "Forbid",
        jobTemplate: {
          metadata: { labels: { [PROGRAM_LABEL]: name } },
          spec: {
            backoffLimit: 0,
            template: {
              metadata: { labels: { [PROGRAM_LABEL]: name } },
              spec: {
                ...podSpec({ program, env, certificate }),
                tolerations: [{ key: "node.kubernetes.io/unschedulable", operator: "Exists", effect: "NoSchedule" }],
              },
            },
          },
        },
      },
    },
    opts,
  );
}
