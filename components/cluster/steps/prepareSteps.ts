import type { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../hosts/host";
import { Refusal } from "../../refusal";
import { actions } from "../actions";
import { workersNeedProxy } from "../hostsPlan";
import { type Before, hostStep, type HostStepContext, planned } from "./hostStep";
import { preflightInputs } from "./preflightPlan";
import { readFacts, togetherMistakes } from "./preflightReport";
import { prepareInputs, undoInputs } from "./preparePlan";
import { mustRun } from "./stepResult";

/** No host is touched before all have passed, and none before it is known how to undo it. */
export function prepareAll(context: HostStepContext, hosts: readonly Host[]): ReadonlyMap<Host, remote.Command> {
  const preflights = hosts.map((host) => preflight(context, host));
  const passed = goTogether(hosts, preflights);
  return new Map(hosts.map((host) => [host, prepare(context, host, keepOriginal(context, host, passed))]));
}

/** Reads only. Only the create command carries the clock: it differs on every run and must not cause a diff. */
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

/** By the clock of the machine that runs Pulumi, in seconds since 1970. */
const now = (): number => Math.floor(Date.now() / 1000);

/**
 * To depend on: all preflights have passed, and the hosts go together. The state keeps what a preflight saw, so the hosts
 * have to be looked at again after a remedy.
 */
function goTogether(hosts: readonly Host[], preflights: readonly remote.Command[]): pulumi.Output<remote.Command[]> {
  const seen = preflights.map(({ stdout }, index) =>
    stdout.apply((printed) => readFacts(hosts[index]!.name, printed, now())),
  );
  return pulumi.all(seen).apply((facts) => {
    const mistakes = togetherMistakes(new Map(hosts.map(({ name }, index) => [name, facts[index]!])));
    const again = "then let all hosts be looked at again: bin/pulumi up --replace '**-preflight'";
    if (mistakes.length) throw new Refusal([...mistakes, again].join("\n"));
    return [...preflights];
  });
}

/**
 * Does nothing until it is deleted: then the host is brought back to what its preparation wrote down of it. It is in the state
 * before any deed, so that an `up` that dies leaves no host changed that no destroy knows of.
 */
function keepOriginal(context: HostStepContext, host: Host, before: Before): remote.Command {
  return hostStep(context, host, actions.undo, undoInputs(context.args), before, { name: originalOf(context, host) });
}

/** Keeps a lost host's original as it was at the last contact, and does nothing when that is deleted. */
export function forgetOriginal(context: HostStepContext, host: Host): remote.Command {
  return hostStep(context, host, actions.undo, undoInputs(context.args), undefined, {
    name: originalOf(context, host),
    retainOnDelete: true,
    ignoreChanges: ["connection", "create", "delete", "stdin"],
  });
}

const originalOf = ({ cluster }: HostStepContext, { name }: Host): string => `${cluster}-${name}-original`;

/** Writes down first how the host is. */
function prepare(context: HostStepContext, host: Host, before: Before): remote.Command {
  const { args } = context;
  const inputs = planned(host).apply((plannedHost) =>
    prepareInputs(plannedHost, args, hasProxy(context, host), args.source),
  );
  return mustRun(context, host, actions.prepare, hostStep(context, host, actions.prepare, inputs, before));
}

function hasProxy({ args, controlPlanes }: HostStepContext, host: Host): boolean {
  return host.role === "worker" && workersNeedProxy(controlPlanes, args.loadBalancer !== undefined);
}
