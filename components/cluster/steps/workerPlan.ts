import type { ScriptInputs } from "../hostScript";
import { DRAIN_SECONDS, nameAndAddress, type PlannedHost, workersNeedProxy } from "../hostsPlan";
import { type ClusterSettings, joinConfig } from "../kubeadmConfig";
import { parseAdmission } from "./admissionPlan";

/**
 * Inputs of join.sh.
 *
 * @param loadBalancer the load balancer's address; undefined where there is none
 * @param printed result of admit.sh
 */
export function joinInputs(
  worker: PlannedHost,
  settings: ClusterSettings,
  controlPlanes: readonly PlannedHost[],
  loadBalancer: string | undefined,
  printed: string,
): ScriptInputs {
  const { certificate, authority } = parseAdmission(printed);
  const proxy = workersNeedProxy(controlPlanes, loadBalancer !== undefined);
  return {
    ADDRESS: worker.address,
    ENDPOINT: settings.endpoint,
    API_ADDRESS: proxy ? "127.0.0.1" : (loadBalancer ?? controlPlanes[0]!.address),
    API_SERVERS: proxy ? nameAndAddress(controlPlanes) : "",
    KUBEADM_CONFIG: joinConfig(worker.name, worker.address),
    CERTIFICATE: certificate,
    AUTHORITY: authority,
  };
}

/** Inputs of leave.sh. */
export const leaveInputs: ScriptInputs = { DRAIN_SECONDS };
