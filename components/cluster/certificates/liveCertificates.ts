import * as pulumi from "@pulumi/pulumi";
import { isMistake } from "../../failures";
import { actions } from "../actions";
import { AdminApiClient } from "../adminApiClient";
import { endsIn } from "../kubeconfig";
import { afterSteps } from "../steps/afterSteps";
import type { HostStepContext } from "../steps/hostStep";
import { runAgain } from "../steps/stepResult";
import { certificateReport, type CertificateReport, type ControlPlaneNode } from "./report";
import { DEFAULT_TIMES } from "./timesPlan";

const CONTROL_PLANES = "/api/v1/nodes?labelSelector=node-role.kubernetes.io/control-plane";

/**
 * How long the cluster's certificates are still valid, as the API server says now, in previews as well: control planes renew them
 * without any `up`, so the state doesn't know.
 *
 * @param renewed the steps that renew certificates, which an `up` waits for. A preview doesn't wait.
 */
export function certificatesNow(
  { args, cluster }: HostStepContext,
  kubeconfig: pulumi.Output<string>,
  renewed: readonly pulumi.Resource[],
): pulumi.Output<CertificateReport> {
  const { now = Date.now() / 1000, certificateTimes = DEFAULT_TIMES } = args;
  const again = (host: string): string => runAgain(`${cluster}-${host}-${actions.certificates.name}`);
  const report = afterSteps(kubeconfig, renewed).apply(async (text) =>
    certificateReport(await controlPlanes(text), endsIn(text), certificateTimes, again, now),
  );
  return pulumi.unsecret(report);
}

/** The control planes' Nodes; none if the API server can't be asked, of which the observation of Kafka warns. */
async function controlPlanes(kubeconfig: string): Promise<ControlPlaneNode[]> {
  try {
    return await new AdminApiClient(kubeconfig).list<ControlPlaneNode>(CONTROL_PLANES);
  } catch (error) {
    if (isMistake(error)) throw error;
    return [];
  }
}
