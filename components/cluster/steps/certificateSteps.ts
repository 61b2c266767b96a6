import type { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../hosts/host";
import { actions } from "../actions";
import { composeScript } from "../hostScript";
import { certificateInputs, renewalInputs } from "./certificatePlan";
import { type Before, hostStep, type HostStepContext } from "./hostStep";
import { mustRun } from "./stepResult";

/** Renews a control plane's certificates that end soon. Runs again in each new time window, see `certificateInputs`. */
export function renewCertificates(context: HostStepContext, host: Host, before: Before): remote.Command {
  const { now = Date.now() / 1000, certificateTimes } = context.args;
  const inputs = pulumi.output(context.identity).apply((CLUSTER) => {
    const RENEWER = composeScript(host.name, actions.renewCertificates, {
      CLUSTER,
      ...renewalInputs(certificateTimes),
    });
    const APPROVER = composeScript(host.name, actions.approveKubelets, { CLUSTER });
    return certificateInputs(now, { RENEWER, APPROVER }, certificateTimes);
  });
  return mustRun(context, host, actions.certificates, hostStep(context, host, actions.certificates, inputs, before));
}
