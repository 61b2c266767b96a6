import type { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../hosts/host";
import { Refusal } from "../../refusal";
import { actions } from "../actions";
import { composeScript } from "../hostScript";
import { workersNeedProxy } from "../hostsPlan";
import { needsReports, NO_MAINTENANCE } from "../maintenancePlan";
import { type Before, hostStep, type HostStepContext, planned } from "./hostStep";
import { preflightInputs } from "./preflightPlan";
import { readFacts, togetherMistakes } from "./preflightReport";
import { prepareInputs, reportInputs, undoInputs } from "./preparePlan";
import { mustRun } from "./stepResult";

/** Prepares all hosts, once all preflights have passed, and each host's `undo` step is in the state. */
export function prepareAll(context: HostStepContext, hosts: readonly Host[]): ReadonlyMap<Host, remote.Command> {
  const preflights = hosts.map((host) => preflight(context, host));
  const passed = goTogether(hosts, preflights);
  return new Map(hosts.map((host) => [host, prepare(context, host, keepOriginal(context, host, passed))]));
}

/** Checks a host and changes nothing. Only the create command carries the clock: it differs on every run and must not cause a diff. */
function preflight(context: HostStepContext, host: Host): remote.Command {
  const { args } = context;
  const controlPlanes = host.role === "control-plane" ? context.controlPlanes : [];
  const inputs = pulumi
    .all([planned(host), pulumi.all(controlPlanes.map(planned))])
    .apply(([plannedHost, all]) => preflightInputs(plannedHost, args, all, hasProxy(context, host), args.requirements));
  return hostStep(context, host, actions.preflight, inputs, [...host.dependsOn], {
    atCreation: now,
    ignoreChanges: ["create"],
  });
}

/** Time of the machine that runs Pulumi, in seconds since 1970. */
const now = (): number => Math.floor(Date.now() / 1000);

/**
 * Refuses hosts that can't form one cluster. The state keeps the preflights' results, so that preflights must run again after a
 * remedy.
 *
 * @returns the preflights, for `dependsOn`, once nothing is refused
 */
function goTogether(hosts: readonly Host[], preflights: readonly remote.Command[]): pulumi.Output<remote.Command[]> {
  const readings = preflights.map(({ stdout }, index) =>
    stdout.apply((printed) => readFacts(hosts[index]!.name, printed, now())),
  );
  return pulumi.all(readings).apply((facts) => {
    const mistakes = togetherMistakes(new Map(hosts.map(({ name }, index) => [name, facts[index]!])));
    const again = "then let all hosts be looked at again: bin/pulumi up --replace '**-preflight'";
    if (mistakes.length) throw new Refusal([...mistakes, again].join("\n"));
    return [...preflights];
  });
}

/**
 * Restores the host when the step is deleted, to what its preparation recorded; creating the step does nothing. The step is in the
 * state before anything changes, so that a destroy restores the host even if an `up` was killed.
 */
function keepOriginal(context: HostStepContext, host: Host, before: Before): remote.Command {
  return hostStep(context, host, actions.undo, undoInputs(context.args), before, { name: originalOf(context, host) });
}

/** Keeps a lost host's `undo` step unchanged, and drops it from the state without running it. */
export function forgetOriginal(context: HostStepContext, host: Host): remote.Command {
  return hostStep(context, host, actions.undo, undoInputs(context.args), undefined, {
    name: originalOf(context, host),
    retainOnDelete: true,
    ignoreChanges: ["connection", "create", "delete", "stdin"],
  });
}

const originalOf = ({ cluster }: HostStepContext, { name }: Host): string => `${cluster}-${name}-original`;

/** Records the host's state, and makes the host ready for kubeadm. */
function prepare(context: HostStepContext, host: Host, before: Before): remote.Command {
  const { args } = context;
  const inputs = pulumi.all([planned(host), context.identity]).apply(([plannedHost, CLUSTER]) => {
    const { maintenance = NO_MAINTENANCE, source } = args;
    const report = composeScript(host.name, actions.reportHost, { CLUSTER, ...reportInputs(maintenance, source) });
    const reporter = needsReports(maintenance) ? report : "";
    return prepareInputs(plannedHost, args, hasProxy(context, host), source, reporter);
  });
  return mustRun(context, host, actions.prepare, hostStep(context, host, actions.prepare, inputs, before));
}

function hasProxy({ args, controlPlanes }: HostStepContext, host: Host): boolean {
  return host.role === "worker" && workersNeedProxy(controlPlanes, args.loadBalancer !== undefined);
}
