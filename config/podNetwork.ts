import type { PodNetwork } from "../components/hosts/gcp/gcpPlan";
import type { StackConfig } from "./schema/schema";

/** The pods' network, as far as it concerns the hosts'. */
export function podNetwork({ kubernetes, network }: StackConfig): PodNetwork {
  return { range: kubernetes.podCidr, routed: network.encapsulation === "None" };
}
