import { isIpv4 } from "../components/addresses/ipv4";
import type { KeptNetwork } from "../config/keptNetwork";
import type { RecordedResource } from "./recordedResources";

interface KubernetesObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
}

interface NetworkPolicy extends KubernetesObject {
  readonly spec: {
    readonly ingress?: readonly { readonly from?: readonly { readonly ipBlock?: { cidr: string } }[] }[];
  };
}

const KAFKA = "kafka";
const ENFORCED = "pod-security.kubernetes.io/enforce";

/** Policies that every closed stack has, and no open one. An application of the stack's may have others. */
const OURS = [`${KAFKA}/${KAFKA}-deny-all`, "local-path-storage/deny-all"];
/** The policy for programs on hosts. */
const HOSTS = `${KAFKA}/${KAFKA}-hosts`;

/**
 * Whether a stack is open or closed, by the resources in its state: a closed one's namespace for Kafka admits only `restricted` pods,
 * from its beginning on. If somebody has deleted the namespace, its policies, also those of local-path, show that it was closed, and
 * the id that outlives it shows that there was one.
 */
export function recordedNetwork(resources: readonly RecordedResource[]): KeptNetwork {
  const namespace = objectsOf(resources, "core/v1:Namespace").find(({ metadata }) => metadata.name === KAFKA);
  const isRestricted = namespace?.metadata.labels?.[ENFORCED] === "restricted";
  if (isRestricted || policiesOf(resources).some((each) => OURS.includes(pathOf(each)))) return { network: "closed" };
  const ids = objectsOf(resources, "core/v1:ConfigMap");
  const hasId = ids.some(({ metadata }) => metadata.name === `${KAFKA}-${KAFKA}-cluster-id`);
  return namespace || hasId ? { network: "open" } : {};
}

/** Addresses of programs on hosts, which a closed stack's policy lets in. */
export function recordedHosts(resources: readonly RecordedResource[]): string[] {
  const policy = policiesOf(resources).find((each) => pathOf(each) === HOSTS);
  const peers = (policy?.spec.ingress ?? []).flatMap(({ from = [] }) => from);
  return peers.flatMap(({ ipBlock }) => (ipBlock ? [ipBlock.cidr.replace(/\/32$/, "")] : [])).filter(isIpv4);
}

function policiesOf(resources: readonly RecordedResource[]): NetworkPolicy[] {
  return objectsOf<NetworkPolicy>(resources, "networking.k8s.io/v1:NetworkPolicy");
}

function objectsOf<T extends KubernetesObject>(resources: readonly RecordedResource[], type: string): T[] {
  return resources.filter((each) => each.type === `kubernetes:${type}`).map(({ outputs }) => outputs as unknown as T);
}

function pathOf({ metadata: { name, namespace } }: KubernetesObject): string {
  return `${namespace}/${name}`;
}
