import type { PodNetwork } from "../components/hosts/gcp/gcpPlan";
import type { StackConfig } from "./schema/schema";

/** The properties of the pods' network that the hosts' network depends on. */
export function podNetwork({ kubernetes, network }: StackConfig): PodNetwork {
  return { range: kubernetes.podCidr, routed: network.encapsulation === "None" };
}
