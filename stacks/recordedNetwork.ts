import type { KeptNetwork } from "../config/keptNetwork";
import type { RecordedResource } from "./recordedResources";

interface KubernetesObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
}

const KAFKA = "kafka";
const ENFORCED = "pod-security.kubernetes.io/enforce";

/**
 * Whether a stack is open or closed, by the resources in its state: a closed one's namespace for Kafka admits only `restricted` pods,
 * from its beginning on. If somebody has deleted the namespace, its policies, also those of local-path, show that it was closed, and
 * the id that outlives it shows that there was one.
 */
export function recordedNetwork(resources: readonly RecordedResource[]): KeptNetwork {
  const namesOf = (type: string) =>
    resources
      .filter((each) => each.type === `kubernetes:${type}`)
      .map(({ outputs }) => outputs as unknown as KubernetesObject);
  const namespace = namesOf("core/v1:Namespace").find(({ metadata }) => metadata.name === KAFKA);
  const isRestricted = namespace?.metadata.labels?.[ENFORCED] === "restricted";
  if (isRestricted || namesOf("networking.k8s.io/v1:NetworkPolicy").length > 0) return { network: "closed" };
  const hasId = namesOf("core/v1:ConfigMap").some(({ metadata }) => metadata.name === `${KAFKA}-${KAFKA}-cluster-id`);
  return namespace || hasId ? { network: "open" } : {};
}
