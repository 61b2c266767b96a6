import type { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { reasonOf } from "../../failures";
import type { Host } from "../../hosts/host";
import type { HostAction } from "../actions";
import { Refusal } from "../../refusal";
import { checkRun, readKeptResult, type ResultOrigin } from "../hostReport";
import type { HostStepContext } from "./hostStep";

/**
 * Reads a step's result.
 *
 * @param parse throws where the text isn't the expected result
 * @throws Refusal in the output (KK782)
 */
export function resultOf<T>(
  { stdout }: remote.Command,
  parse: (text: string) => T,
  origin: ResultOrigin,
): pulumi.Output<T> {
  return stdout.apply((printed) => orRefusal(() => readKeptResult(printed, parse, origin)));
}

/** Reads the secret result of a cluster's step on the first control plane. @throws Refusal in the output (KK782) */
export function secretResultOf<T>(
  { cluster, controlPlanes }: HostStepContext,
  command: remote.Command,
  { name }: HostAction,
  parse: (text: string) => T,
): pulumi.Output<T> {
  const again = runAgain(`${cluster}-${name}`);
  return resultOf(command, parse, { host: controlPlanes[0].name, step: name, secret: true, again });
}

/**
 * Checks that a step without a result ran: a login that ends before it runs the script ends with status 0.
 *
 * @param by host whose login runs the step @default the step's own host
 * @returns the step
 * @throws Refusal that fails the program (KK782)
 */
export function mustRun(
  { cluster }: HostStepContext,
  host: Host,
  { name }: HostAction,
  command: remote.Command,
  by: Host = host,
): remote.Command {
  const again = runAgain(`${cluster}-${host.name}-${name}`);
  pulumi
    .all([command.stdin, command.stdout])
    .apply(([script, printed]) =>
      orRefusal(() => checkRun(script ?? "", printed, { host: by.name, step: name, again })),
    );
  return command;
}

/** The command that repeats a step. @param name the step's resource name */
export function runAgain(name: string): string {
  return `bin/pulumi up --target-replace '**::${name}'`;
}

/** Gives the user the error's message alone. */
function orRefusal<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Refusal(reasonOf(error), { cause: error });
  }
}
