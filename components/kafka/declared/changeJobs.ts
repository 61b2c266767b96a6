import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as path from "path";
import { bundleProgram } from "../../programs/bundle";
import { installProgram, type Program } from "../../programs/installProgram";
import { programJob, type Run } from "../../programs/programJob";
import type { ChangeReport, ChangeTask, Pool } from "../changes/task";
import { certificateOf } from "../plan/certificates";
import { type Encryption, hasTls } from "../plan/encryption";
import { type KafkaPlan, quorumListeners } from "../plan/kafkaPlan";
import { configuredSettingsName, movesLeaseName } from "../plan/topicNames";
import { formedMarkerName } from "./formedMarker";
import { jobGuard } from "./jobGuard";

const PROGRAM = path.join(__dirname, "..", "changes", "main.ts");

/** The program of the Jobs that change a Kafka cluster and its topics. */
export function changeProgram(plan: KafkaPlan, opts: pulumi.CustomResourceOptions): Program {
  const { namespace } = plan;
  const bundle = bundleProgram(PROGRAM);
  const name = `${plan.name}-changes`;
  const mayReachVolumes = letReachVolumes(plan, name, opts);
  jobGuard(plan, name, opts);
  const program = installProgram(name, { namespace, bundle, rules: rulesFor(plan) }, opts);
  // A Job that begins before its permissions are there would fail.
  const serviceAccount = pulumi.all([program.serviceAccount, mayReachVolumes.subjects]).apply(([account]) => account);
  return { ...program, serviceAccount };
}

/** Volumes are in no namespace. The Jobs decide what becomes of those of Kafka's nodes (changes/keptVolumes.ts). */
function letReachVolumes(
  { namespace }: KafkaPlan,
  account: string,
  opts: pulumi.CustomResourceOptions,
): k8s.rbac.v1.ClusterRoleBinding {
  const name = `kubeadm-kafka:${namespace}:volumes`;
  const rules = [{ apiGroups: [""], resources: ["persistentvolumes"], verbs: ["list", "patch"] }];
  const role = new k8s.rbac.v1.ClusterRole(`${account}-volumes`, { metadata: { name }, rules }, opts);
  return new k8s.rbac.v1.ClusterRoleBinding(
    `${account}-volumes`,
    {
      metadata: { name },
      subjects: [{ kind: "ServiceAccount", name: account, namespace }],
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role.metadata.name },
    },
    opts,
  );
}

function rulesFor(plan: KafkaPlan): k8s.types.input.rbac.v1.PolicyRule[] {
  const pools = plan.pools.map(({ name }) => name);
  return [
    // Patches are limited to marks: jobGuard.ts.
    { apiGroups: ["apps"], resources: ["statefulsets"], resourceNames: pools, verbs: ["get", "patch"] },
    // The roll deletes a pod and its claims if the volume is gone with its machine.
    { apiGroups: [""], resources: ["pods", "persistentvolumeclaims"], verbs: ["list", "delete"] },
    // The gate marks the pods that its host's drain may evict together.
    { apiGroups: [""], resources: ["pods"], verbs: ["patch"] },
    {
      apiGroups: ["policy"],
      resources: ["poddisruptionbudgets"],
      resourceNames: pools,
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
      certificate: certificateOf(plan, task),
      ...(drift !== undefined && { drift }),
    },
    opts,
  );
}

/** A plan's pools, as Jobs know them. */
export function poolsOf({ pools }: KafkaPlan): Pool[] {
  return pools.map(({ name, firstId, nodes }) => ({ name, firstId, count: nodes.length }));
}

function votersListeners(encryption: Encryption): Pick<ChangeTask["voters"][number], "port" | "listeners"> {
  const all = quorumListeners(encryption).map(({ name, port }) => ({ name, port }));
  return { port: all[0]!.port, ...(hasTls(encryption) && { listeners: all }) };
}

function taskOf(plan: KafkaPlan): Omit<ChangeTask, "task" | keyof ChangeJobArgs["settings"]> {
  return {
    namespace: plan.namespace,
    bootstrapServers: plan.bootstrapServersOfJobs,
    pools: poolsOf(plan),
    brokers: plan.brokers,
    voters: plan.nodes
      .filter(({ id }) => plan.voters.includes(id))
      .map(({ id, quorumHost }) => ({ id, host: quorumHost, ...votersListeners(plan.encryption) })),
    ...(plan.encryption !== "open" && { encryption: plan.encryption, cluster: plan.name }),
    formedMarker: formedMarkerName(plan),
    replicationFactor: plan.replicationFactor,
    minInsyncReplicas: plan.minInsyncReplicas,
  };
}
