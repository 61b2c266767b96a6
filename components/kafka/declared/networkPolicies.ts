import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import {
  denyAll,
  type EgressRule,
  type Peer,
  podsOfNamespaces,
  ranges,
  toApiServers,
  toDns,
} from "../../network/policyPlan";
import { PROGRAM_LABEL } from "../../programs/jobMarks";
import { AUTHORITY_NAMESPACE } from "../plan/certificates";
import { hasTls, tlsListeners } from "../plan/encryption";
import { labels } from "../plan/labels";
import { clientListeners, type KafkaPlan, type OutsideListener } from "../plan/kafkaPlan";

/** The clients of a closed Kafka, and what its pods may connect to. */
export interface ClosedNetwork {
  /** Names of the namespaces whose pods may use the listeners for clients; `*` stands for all. */
  readonly clientNamespaces: readonly string[];
  /** Ranges of the addresses that may use `outsidePort`. @example ["10.20.0.0/16"] */
  readonly outsideRanges: readonly string[];
  /** Ranges that brokers may connect to, beside each other and DNS, such as a tiered storage's. */
  readonly brokerDestinations: readonly string[];
  /** Addresses of the API servers' hosts, for the Jobs. */
  readonly apiServers: pulumi.Input<readonly Peer[]>;
  /** Addresses of processes on nodes, which may use the listeners for clients. */
  readonly nodes: pulumi.Input<readonly Peer[]>;
}

/** Pods of all Kafka nodes in the namespace. */
const nodePods = { matchLabels: { "app.kubernetes.io/name": "kafka" } };
/** Pods of the program's Jobs. */
const jobPods = { matchExpressions: [{ key: PROGRAM_LABEL, operator: "Exists" }] };
const toNodes: EgressRule = { to: [{ podSelector: nodePods }] };

const tcp = (port: number) => ({ protocol: "TCP", port });

/**
 * Closes the network of Kafka's pods: only they and the Jobs reach the listener for controllers, which asks nobody who he is, and
 * only named clients reach the others. Policies let pods' packets through; those of a host's own processes to a pod on the same
 * host pass in any case, and with them the kubelet's probes and port-forward.
 *
 * @returns what pods depend on: without its policy, a pod reaches nothing
 */
export function networkPolicies(
  plan: KafkaPlan,
  network: ClosedNetwork,
  outside: readonly OutsideListener[],
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const { namespace } = plan;
  const forClients = clientListeners(plan.encryption).map(({ port }) => tcp(port));
  const policy = (name: string, spec: k8s.types.input.networking.v1.NetworkPolicySpec): pulumi.Resource =>
    new k8s.networking.v1.NetworkPolicy(name, { metadata: { name, namespace }, spec }, opts);
  const into = (name: string, from: pulumi.Input<readonly Peer[]>, ports: typeof forClients) =>
    policy(name, {
      podSelector: { matchLabels: labels(plan) },
      policyTypes: ["Ingress"],
      ingress: [{ from, ports }] as k8s.types.input.networking.v1.NetworkPolicyIngressRule[],
    });
  const egress = (...rules: readonly EgressRule[]) => rules as k8s.types.input.networking.v1.NetworkPolicyEgressRule[];
  const { clientNamespaces, outsideRanges, brokerDestinations } = network;
  const destinations = brokerDestinations.length > 0 ? [{ to: ranges(brokerDestinations) }] : [];
  into(`${plan.name}-hosts`, network.nodes, forClients);
  if (hasTls(plan.encryption)) {
    // The Job that issues certificates sees whether nodes show them.
    const ports = [tlsListeners.peers, tlsListeners.quorum].map(({ port }) => tcp(port));
    const ingress = [{ from: podsOfNamespaces([AUTHORITY_NAMESPACE]), ports }];
    policy(`${plan.name}-certificates`, { podSelector: nodePods, policyTypes: ["Ingress"], ingress });
  }
  // A rule without a peer would let everybody in.
  if (clientNamespaces.length > 0) into(`${plan.name}-clients`, podsOfNamespaces(clientNamespaces), forClients);
  if (outside.length > 0 && outsideRanges.length > 0) {
    const ports = outside.map(({ port }) => tcp(port));
    into(`${plan.name}-outside`, ranges(outsideRanges), ports);
  }
  return [
    policy(`${plan.name}-deny-all`, denyAll),
    policy(`${plan.name}-nodes`, {
      podSelector: nodePods,
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ from: [{ podSelector: nodePods }, { podSelector: jobPods }] }],
      egress: egress(toNodes, toDns, ...destinations),
    }),
    policy(`${plan.name}-jobs`, {
      podSelector: jobPods,
      policyTypes: ["Egress"],
      egress: egress(toNodes, toDns, toApiServers(network.apiServers)),
    }),
  ];
}
