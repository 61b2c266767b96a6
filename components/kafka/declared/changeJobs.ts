import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import * as path from "path";
import { bundleProgram } from "../../programs/bundle";
import { installProgram, type Program } from "../../programs/installProgram";
import { programJob, type Run } from "../../programs/programJob";
import type { ChangeReport, ChangeTask, Pool } from "../changes/task";
import { listeners, type KafkaPlan } from "../plan/kafkaPlan";
import { configuredSettingsName, movesLeaseName } from "../plan/topicNames";
import { formedMarkerName } from "./formedMarker";

const PROGRAM = path.join(__dirname, "..", "changes", "main.ts");

/** The program of the Jobs that change a Kafka cluster and its topics. */
export function changeProgram(plan: KafkaPlan, opts: pulumi.CustomResourceOptions): Program {
  const { namespace } = plan;
  const bundle = bundleProgram(PROGRAM);
  return installProgram(`${plan.name}-changes`, { namespace, bundle, rules: rulesFor(plan) }, opts);
}

function rulesFor(plan: KafkaPlan): k8s.types.input.rbac.v1.PolicyRule[] {
  return [
    { apiGroups: ["apps"], resources: ["statefulsets"], verbs: ["get", "patch"] },
    // The roll deletes a pod and its claims if the volume is gone with its machine.
    { apiGroups: [""], resources: ["pods", "persistentvolumeclaims"], verbs: ["list", "delete"] },
    // The gate marks the pods that its host's drain may evict together.
    { apiGroups: [""], resources: ["pods"], verbs: ["patch"] },
    {
      apiGroups: ["policy"],
      resources: ["poddisruptionbudgets"],
      resourceNames: plan.pools.map(({ name }) => name),
      verbs: ["patch"],
    },
    { apiGroups: [""], resources: ["pods/eviction"], verbs: ["create"] },
    { apiGroups: [""], resources: ["configmaps"], resourceNames: [formedMarkerName(plan)], verbs: ["get"] },
    {
      apiGroups: [""],
      resources: ["configmaps"],
      resourceNames: [configuredSettingsName(plan)],
      verbs: ["get", "patch"],
    },
    // Permission to create something can't be limited to a name.
    { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["create"] },
    {
      apiGroups: ["coordination.k8s.io"],
      resources: ["leases"],
      resourceNames: [movesLeaseName(plan)],
      verbs: ["get", "patch"],
    },
  ];
}

export interface ChangeJobArgs {
  plan: KafkaPlan;
  program: Program;
  /** Parts of the task that don't follow from the plan. */
  settings: Pick<
    ChangeTask,
    "moveBytesPerSecond" | "racks" | "raiseMetadataVersion" | "defaults" | "allowRecordDeletion" | "deletesVolumes"
  >;
  /** Text whose change makes the Job run again, beside a change of the task. @default none */
  runAgainOn?: pulumi.Input<string>;
  /** Drift since the last run, in words; a change of it makes the Job run again. @default unknown */
  drift?: pulumi.Input<string> | undefined;
}

/**
 * A Job that makes one kind of change. It runs when its task, `runAgainOn` or `drift` has changed, and finds out itself
 * what there is to do.
 */
export function changeJob(
  task: ChangeTask["task"],
  { plan, program, settings, runAgainOn = "", drift }: ChangeJobArgs,
  opts: pulumi.CustomResourceOptions,
): Run<ChangeReport> {
  const changeTask: ChangeTask = { ...taskOf(plan), ...settings, task };
  return programJob<ChangeReport>(
    `${plan.name}-${task}`,
    {
      program,
      env: { TASK: JSON.stringify(changeTask) },
      runAgainOn,
      ...(drift !== undefined && { drift }),
    },
    opts,
  );
}

/** A plan's pools, as Jobs know them. */
export function poolsOf({ pools }: KafkaPlan): Pool[] {
  return pools.map(({ name, firstId, nodes }) => ({ name, firstId, count: nodes.length }));
}

function taskOf(plan: KafkaPlan): Omit<ChangeTask, "task" | keyof ChangeJobArgs["settings"]> {
  return {
    namespace: plan.namespace,
    bootstrapServers: plan.bootstrapServers,
    pools: poolsOf(plan),
    brokers: plan.brokers,
    voters: plan.nodes
      .filter(({ id }) => plan.voters.includes(id))
      .map(({ id, quorumHost }) => ({ id, host: quorumHost, port: listeners.controller.port })),
    formedMarker: formedMarkerName(plan),
    replicationFactor: plan.replicationFactor,
    minInsyncReplicas: plan.minInsyncReplicas,
  };
}
