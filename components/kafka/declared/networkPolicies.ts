import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  addresses,
  denyAll,
  type EgressRule,
  type Peer,
  podsOfNamespaces,
  ranges,
  rangesOutside,
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
  /** Ranges of the addresses that may use `outsidePort`, see `rangesOutside`. @example ["10.20.0.0/16"] */
  readonly outsideRanges: readonly string[];
  /** Ranges that brokers may connect to, beside each other and DNS, such as a tiered storage's. */
  readonly brokerDestinations: readonly string[];
  /** Addresses of the API servers' hosts, for the Jobs. */
  readonly apiServers: pulumi.Input<readonly Peer[]>;
  /** Addresses of processes on nodes, which may use the listeners for clients. @example ["10.0.0.4", "10.244.171.64"] */
  readonly nodes: pulumi.Input<readonly string[]>;
  /** Range of all pods' addresses. @example "10.244.0.0/16" */
  readonly pods: string;
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
 * @returns all policies, and those that pods depend on: without these, a pod reaches nothing
 */
export function networkPolicies(
  plan: KafkaPlan,
  network: ClosedNetwork,
  outside: readonly OutsideListener[],
  opts: pulumi.CustomResourceOptions,
): { readonly all: readonly k8s.networking.v1.NetworkPolicy[]; readonly ofPods: readonly pulumi.Resource[] } {
  const { namespace } = plan;
  const forClients = clientListeners(plan.encryption).map(({ port }) => tcp(port));
  const all: k8s.networking.v1.NetworkPolicy[] = [];
  const policy = (name: string, spec: k8s.types.input.networking.v1.NetworkPolicySpec): pulumi.Resource => {
    const made = new k8s.networking.v1.NetworkPolicy(name, { metadata: { name, namespace }, spec }, opts);
    all.push(made);
    return made;
  };
  const brokers: { readonly matchLabels: Record<string, string> } = { matchLabels: labels(plan) };
  const into = (name: string, from: pulumi.Input<readonly Peer[]>, ports: typeof forClients, selector = brokers) =>
    policy(name, {
      podSelector: selector,
      policyTypes: ["Ingress"],
      ingress: [{ from, ports }] as k8s.types.input.networking.v1.NetworkPolicyIngressRule[],
    });
  const egress = (...rules: readonly EgressRule[]) => rules as k8s.types.input.networking.v1.NetworkPolicyEgressRule[];
  const { clientNamespaces, outsideRanges, brokerDestinations, pods } = network;
  const nodes = pulumi.output(network.nodes);
  const destinations = brokerDestinations.length > 0 ? [{ to: ranges(brokerDestinations) }] : [];
  into(`${plan.name}-hosts`, nodes.apply(addresses), forClients);
  if (hasTls(plan.encryption)) {
    // The Job that issues certificates sees whether nodes show them.
    const ports = [tlsListeners.peers, tlsListeners.quorum].map(({ port }) => tcp(port));
    into(`${plan.name}-certificates`, podsOfNamespaces([AUTHORITY_NAMESPACE]), ports, nodePods);
  }
  // A rule without a peer would let everybody in.
  if (clientNamespaces.length > 0) into(`${plan.name}-clients`, podsOfNamespaces(clientNamespaces), forClients);
  if (outside.length > 0 && outsideRanges.length > 0) {
    const clients = nodes.apply((hosts) => rangesOutside(outsideRanges, { pods, hosts }));
    const ports = outside.map(({ port }) => tcp(port));
    into(`${plan.name}-outside`, clients, ports);
  }
  const ofPods = [
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
  return { all, ofPods };
}
