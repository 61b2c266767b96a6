import type { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../hosts/host";
import { actions } from "../actions";
import { composeScript } from "../hostScript";
import { certificateInputs, renewalInputs } from "./certificatePlan";
import { type Before, hostStep, type HostStepContext, planned } from "./hostStep";
import { mustRun } from "./stepResult";

/** Renews a control plane's certificates that end soon. Runs again in each new time window, see `certificateInputs`. */
export function renewCertificates(context: HostStepContext, host: Host, before: Before): remote.Command {
  const { now = Date.now() / 1000, certificateTimes } = context.args;
  const inputs = pulumi.all([planned(host), context.identity]).apply(([plannedHost, CLUSTER]) => {
    const unattended = { CLUSTER, ...renewalInputs(plannedHost, certificateTimes) };
    const renewer = composeScript(host.name, actions.renewCertificates, unattended);
    return certificateInputs(plannedHost, now, renewer, certificateTimes);
  });
  return mustRun(context, host, actions.certificates, hostStep(context, host, actions.certificates, inputs, before));
}
