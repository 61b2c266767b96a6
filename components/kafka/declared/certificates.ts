import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as path from "path";
import { denyAll, type EgressRule, type Peer, podsOfNamespaces, toApiServers, toDns } from "../../network/policyPlan";
import { podSecurity } from "../../podSecurityPlan";
import { bundleProgram } from "../../programs/bundle";
import { installProgram } from "../../programs/installProgram";
import { PROGRAM_LABEL } from "../../programs/jobMarks";
import { podSpec, programJob, type Run } from "../../programs/programJob";
import type { IssuingReport, IssuingTask } from "../issuing/task";
import {
  authoritiesName,
  AUTHORITY_NAMESPACE,
  authorityName,
  jobCertificateName,
  nodeCertificatesName,
} from "../plan/certificates";
import { tlsListeners } from "../plan/encryption";
import { podName, type KafkaPlan } from "../plan/kafkaPlan";
import { jobName, jobs } from "../plan/principals";

const PROGRAM = path.join(__dirname, "..", "issuing", "main.ts");
/** Once a day, at a time when few others begin. */
const DAILY = "17 2 * * *";
/** The API server answers within seconds; the rest is for the image. */
const GIVE_UP_SECONDS = 900;

export interface CertificatesArgs {
  /** Names and addresses of the hosts, if clients outside reach brokers by them. */
  readonly hosts: pulumi.Input<readonly string[]>;
  /** Addresses of the brokers' Services: others need other certificates. */
  readonly addresses: pulumi.Input<string>;
  /** Addresses of the API servers' hosts, in a closed network. @default pods of the authority's namespace reach everything */
  readonly apiServers?: pulumi.Input<readonly Peer[]> | undefined;
}

/**
 * Kafka's own authority, and the Job that issues certificates for nodes and Jobs. The authority's key is in a namespace of its own,
 * where nobody else runs anything. The Job runs in each `up` that needs other certificates, and once a day, when it renews those
 * of which a third of their time is left.
 *
 * @see docs/decisions/encryption.md
 */
export function certificates(
  plan: KafkaPlan,
  { hosts, addresses, apiServers }: CertificatesArgs,
  opts: pulumi.ComponentResourceOptions & pulumi.CustomResourceOptions,
): Run<IssuingReport> {
  const name = `${plan.name}-certificates`;
  const metadata = { name: AUTHORITY_NAMESPACE, labels: podSecurity("restricted") };
  const namespace = new k8s.core.v1.Namespace(AUTHORITY_NAMESPACE, { metadata }, { parent: opts.parent! });
  const inNamespace = { parent: opts.parent!, dependsOn: [namespace] };
  const policies = apiServers ? closed(plan, apiServers, inNamespace) : [];
  const mayIssue = letIssue(plan, name, opts);
  const rules = [
    // Permission to create something can't be limited to a name.
    { apiGroups: [""], resources: ["secrets"], verbs: ["create"] },
    { apiGroups: [""], resources: ["secrets"], resourceNames: [authorityName(plan.name)], verbs: ["get"] },
  ];
  const installed = installProgram(
    name,
    { namespace: AUTHORITY_NAMESPACE, bundle: bundleProgram(PROGRAM), rules },
    inNamespace,
  );
  const serviceAccount = pulumi.all([installed.serviceAccount, mayIssue.subjects]).apply(([account]) => account);
  const program = { ...installed, serviceAccount };
  const env = { TASK: pulumi.output(hosts).apply((each) => JSON.stringify(taskOf(plan, each))) };
  new k8s.batch.v1.CronJob(
    `${name}-daily`,
    {
      metadata: { name: `${name}-daily`, namespace: AUTHORITY_NAMESPACE },
      spec: {
        schedule: DAILY,
        concurrencyPolicy: "Forbid",
        successfulJobsHistoryLimit: 1,
        failedJobsHistoryLimit: 1,
        jobTemplate: {
          metadata: { labels: { [PROGRAM_LABEL]: name } },
          spec: {
            backoffLimit: 0,
            activeDeadlineSeconds: GIVE_UP_SECONDS,
            template: { metadata: { labels: { [PROGRAM_LABEL]: name } }, spec: podSpec({ program, env }) },
          },
        },
      },
    },
    inNamespace,
  );
  const { dependsOn = [] } = opts;
  return programJob<IssuingReport>(
    name,
    { program, env, runAgainOn: addresses, giveUpAfterSeconds: GIVE_UP_SECONDS },
    {
      parent: opts.parent!,
      dependsOn: pulumi.output(dependsOn).apply((each) => [namespace, ...policies, ...[each].flat()]),
    },
  );
}

function taskOf(plan: KafkaPlan, hosts: readonly string[]): IssuingTask {
  const bootstrap = [plan.domain, plan.domain.replace(/\.cluster\.local$/, ""), plan.namespace];
  return {
    cluster: plan.name,
    namespace: plan.namespace,
    pools: plan.pools.map(({ name }) => name),
    nodes: plan.pools.flatMap((pool) =>
      pool.nodes.map((node) => {
        const isBroker = node.roles.includes("broker");
        const pod = podName(pool, node);
        const { port } = isBroker ? tlsListeners.peers : tlsListeners.quorum;
        return {
          id: node.id,
          pod,
          isBroker,
          address: { host: isBroker ? node.host : node.quorumHost, port },
          names: [
            node.quorumHost,
            ...(isBroker ? [node.host, ...bootstrap.map((domain) => `${plan.bootstrapService}.${domain}`)] : []),
          ],
          services: isBroker ? [pod, plan.bootstrapService] : [],
        };
      }),
    ),
    hosts,
    jobs: jobs.map((job) => jobName(plan.name, job)),
  };
}

/** Permissions in Kafka's namespace. */
function letIssue(plan: KafkaPlan, account: string, opts: pulumi.CustomResourceOptions): k8s.rbac.v1.RoleBinding {
  const metadata = { name: account, namespace: plan.namespace };
  const secrets = [nodeCertificatesName(plan.name), ...jobs.map((job) => jobCertificateName(jobName(plan.name, job)))];
  const resourceNames = plan.pools.map(({ name }) => name);
  const rules = [
    // Permission to create something can't be limited to a name.
    { apiGroups: [""], resources: ["secrets", "configmaps"], verbs: ["create"] },
    { apiGroups: [""], resources: ["secrets"], resourceNames: secrets, verbs: ["get", "patch"] },
    {
      apiGroups: [""],
      resources: ["configmaps"],
      resourceNames: [authoritiesName(plan.name)],
      verbs: ["get", "patch"],
    },
    { apiGroups: [""], resources: ["services"], verbs: ["list"] },
    { apiGroups: ["apps"], resources: ["statefulsets"], resourceNames, verbs: ["get"] },
  ];
  const role = new k8s.rbac.v1.Role(`${account}-issue`, { metadata, rules }, opts);
  return new k8s.rbac.v1.RoleBinding(
    `${account}-issue`,
    {
      metadata,
      subjects: [{ kind: "ServiceAccount", name: account, namespace: AUTHORITY_NAMESPACE }],
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
    },
    opts,
  );
}

/** Lets the namespace's pods reach the API servers, and Kafka's nodes to see their certificates. */
function closed(
  plan: KafkaPlan,
  apiServers: pulumi.Input<readonly Peer[]>,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const policy = (name: string, spec: k8s.types.input.networking.v1.NetworkPolicySpec): pulumi.Resource =>
    new k8s.networking.v1.NetworkPolicy(name, { metadata: { name, namespace: AUTHORITY_NAMESPACE }, spec }, opts);
  const toKafka: EgressRule = {
    to: podsOfNamespaces([plan.namespace]),
    ports: [tlsListeners.peers, tlsListeners.quorum].map(({ port }) => ({ protocol: "TCP", port })),
  };
  const egress = [toApiServers(apiServers), toDns, toKafka] as k8s.types.input.networking.v1.NetworkPolicyEgressRule[];
  return [
    policy(`${plan.name}-authority-deny-all`, denyAll),
    policy(`${plan.name}-authority`, { podSelector: {}, policyTypes: ["Egress"], egress }),
  ];
}
