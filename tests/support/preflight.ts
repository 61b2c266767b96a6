import type { ArtifactSource } from "../../components/artifacts/source";
import { actions } from "../../components/cluster/actions";
import { composeScript } from "../../components/cluster/hostScript";
import { preflightInputs, type PreflightSettings } from "../../components/cluster/steps/preflightPlan";

/** The cluster that the tests' hosts are to join. */
export const clusterSettings = {
  version: "1.34.4",
  endpoint: "api.cluster.internal",
  podCidr: "10.244.0.0/16",
  serviceCidr: "10.96.0.0/12",
  scheduleOnControlPlane: true,
  encryptSecrets: true,
  podNetwork: { module: "vxlan", ports: ["udp 4789"] },
  volumesPath: "/srv/volumes",
  source: { kind: "upstream" } as ArtifactSource,
} satisfies PreflightSettings;

/** The owner of a host in that cluster. */
export const CLUSTER = "kubeadm-kafka/ours";

/** The preflight of a host as `pulumi up` composes it, see `preflightInputs`. */
export function preflightScript(...[host, ...about]: Parameters<typeof preflightInputs>): string {
  const inputs = { CLUSTER, ...preflightInputs(host, ...about) };
  return composeScript(host.name, actions.preflight, inputs);
}
