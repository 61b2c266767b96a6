import type { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../hosts/host";
import { actions, type HostAction } from "../actions";
import type { ScriptInputs } from "../hostScript";
import {
  authorityKubeletInputs,
  authorityUseInputs,
  controlPlaneAuthorityInputs,
  parseAuthority,
  parseJoined,
  workerAuthorityInputs,
} from "./authorityPlan";
import { initResultOf } from "./controlPlaneSteps";
import { hostStep, type HostStepContext } from "./hostStep";
import { mustRun, resultOf } from "./stepResult";

/** The steps that have to exist before authorities are exchanged. */
export interface ExchangeOrder {
  readonly initialised: remote.Command;
  /** The last step of each control plane. */
  readonly members: readonly remote.Command[];
  readonly workers: readonly Host[];
  /** Steps after which a worker can be logged in to. It may not have joined yet: it does so after the exchange. */
  readonly prepared: ReadonlyMap<Host, remote.Command>;
}

/**
 * Exchanges the cluster's authorities, if the config manages them, in four passes over all hosts (see scripts/lib/authorities.sh). Each
 * begins when the one before has ended everywhere. Control planes restart their static pods one after the other; workers, where only
 * kubelets restart, follow concurrently.
 *
 * @returns the last step of each host; none if the config doesn't manage authorities
 */
export function exchangeAuthorities(
  context: HostStepContext,
  { initialised, members, workers, prepared }: ExchangeOrder,
): ReadonlyMap<Host, remote.Command> {
  const { authorityGeneration: generation, certificateTimes: times } = context.args;
  const { controlPlanes } = context;
  if (generation === undefined) return new Map();
  const exchange = initResultOf(context, initialised).apply(({ certificateKey }) => ({ generation, certificateKey }));
  const run = (action: HostAction, inputs: pulumi.Input<ScriptInputs>, before: readonly pulumi.Resource[]) => {
    return (host: Host): remote.Command =>
      authorityStep(context, host, action, inputs, [prepared.get(host)!, ...before]);
  };
  const oneByOne = (action: HostAction, inputs: pulumi.Input<ScriptInputs>, before: readonly pulumi.Resource[]) =>
    controlPlanes.reduce<remote.Command[]>(
      (done, host) => [...done, run(action, inputs, [...before, ...done])(host)],
      [],
    );
  const onWorkers = (action: HostAction, passed: readonly remote.Command[]) => {
    const inputs = authorityOf(controlPlanes, action, passed).apply((authority) =>
      workerAuthorityInputs(generation, authority, times),
    );
    return workers.map(run(action, inputs, passed));
  };

  const adding = exchange.apply((each) => controlPlaneAuthorityInputs(each, [], times));
  const added = oneByOne(actions.authorityAdd, adding, members);
  const addedOnWorkers = onWorkers(actions.authorityAdd, added);
  const using = pulumi
    .all([exchange, unjoined(workers, actions.authorityAdd, addedOnWorkers)])
    .apply(([each, names]) => authorityUseInputs(each, names, times));
  const used = oneByOne(actions.authorityUse, using, [...added, ...addedOnWorkers]);
  const kubeletInputs = authorityOf(controlPlanes, actions.authorityUse, used).apply((authority) =>
    authorityKubeletInputs(generation, authority),
  );
  const signed = controlPlanes.map(run(actions.authorityKubelet, kubeletInputs, used));
  const signedOnWorkers = workers.map(run(actions.authorityKubelet, kubeletInputs, used));
  const dropping = pulumi
    .all([exchange, unjoined(workers, actions.authorityKubelet, signedOnWorkers)])
    .apply(([each, names]) => controlPlaneAuthorityInputs(each, names, times));
  const dropped = oneByOne(actions.authorityDrop, dropping, [...signed, ...signedOnWorkers]);
  const ended = [...dropped, ...onWorkers(actions.authorityDrop, dropped)];
  return new Map([...controlPlanes, ...workers].map((host, index) => [host, ended[index]!]));
}

/** What control planes trust after a pass, PEM in base64. It isn't secret. @param passed the pass's step of each control plane */
function authorityOf(
  controlPlanes: readonly Host[],
  { name }: HostAction,
  passed: readonly remote.Command[],
): pulumi.Output<string> {
  const origin = { host: controlPlanes.at(-1)!.name, step: name };
  return pulumi.unsecret(resultOf(passed.at(-1)!, parseAuthority, origin));
}

/** Names of the workers that a pass found to be no nodes. @param passed the pass's step of each worker */
function unjoined(
  workers: readonly Host[],
  { name }: HostAction,
  passed: readonly remote.Command[],
): pulumi.Output<string[]> {
  const joined = passed.map((step, at) => resultOf(step, parseJoined, { host: workers[at]!.name, step: name }));
  return pulumi.all(joined).apply((all) => workers.filter((_, at) => !all[at]).map((worker) => worker.name));
}

function authorityStep(
  context: HostStepContext,
  host: Host,
  action: HostAction,
  inputs: pulumi.Input<ScriptInputs>,
  before: pulumi.Resource[],
): remote.Command {
  return mustRun(context, host, action, hostStep(context, host, action, inputs, before));
}
