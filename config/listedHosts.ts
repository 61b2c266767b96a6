import { planContainer } from "../components/hosts/containerPlan";
import { planGcp } from "../components/hosts/gcp/gcpPlan";
import type { NodeSettings } from "../components/hosts/nodeSettings";
import { podNetwork } from "./podNetwork";
import type { StackConfig } from "./schema/schema";

/** The properties of a host that rules look at, whatever its backend. */
export interface ListedHost extends NodeSettings {
  key: string;
  name: string;
  role: "control-plane" | "worker";
  address: string;
  lost?: boolean;
}

/** The stack's hosts. If there are two lists, which is a mistake of its own, those of the first. */
export function listHosts(stack: string, config: StackConfig): ListedHost[] {
  const { hosts } = config;
  if (hosts.containers) {
    return hosts.containers.map((host, index) => ({
      key: `hosts.containers[${index}]`,
      name: host.name,
      role: host.role,
      address: planContainer("", host, index).address,
      labels: host.labels,
      taints: host.taints,
      kubelet: host.kubelet,
    }));
  }
  if (hosts.existing) {
    return hosts.existing.map((host, index) => ({ key: `hosts.existing[${index}]`, ...host }));
  }
  const planned = hosts.gcp ? planGcp(stack, hosts.gcp, podNetwork(config)).hosts : [];
  return planned.map(({ host: name, role, address, node }, index) => ({
    key: `hosts.gcp.instances[${index}]`,
    name,
    role,
    address,
    ...node,
  }));
}
