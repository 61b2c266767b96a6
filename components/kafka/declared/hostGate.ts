import type * as pulumi from "@pulumi/pulumi";
import type { Program } from "../../programs/installProgram";
import { GATE_LABEL } from "../../programs/jobMarks";
import { programCronJob } from "../../programs/programCronJob";
import type { NodeTask } from "../changes/task";
import { certificateOf } from "../plan/certificates";
import type { KafkaPlan } from "../plan/kafkaPlan";
import { poolsOf } from "./changeJobs";

/**
 * Kafka's gate: the suspended CronJob from which a Job is made before a host is taken out, and after it is back. The Job
 * succeeds once Kafka can do without the host, or is whole again.
 *
 * @see changes/hostGate.ts
 */
export function hostGate(plan: KafkaPlan, program: Program, opts: pulumi.CustomResourceOptions): void {
  const { namespace, bootstrapServersOfJobs: bootstrapServers, brokers } = plan;
  const certificate = certificateOf(plan, "gate");
  const task: NodeTask = { task: "node", namespace, bootstrapServers, pools: poolsOf(plan), brokers };
  programCronJob(
    `${plan.name}-gate`,
    {
      program,
      env: { TASK: JSON.stringify(task), NODE: "", MOMENT: "" },
      labels: { [GATE_LABEL]: "true" },
      certificate,
    },
    opts,
  );
}
