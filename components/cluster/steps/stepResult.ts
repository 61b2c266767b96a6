import type { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../hosts/host";
import type { HostAction } from "../actions";
import { Refusal } from "../../refusal";
import { checkRun, readKeptResult, type ResultOrigin } from "../hostReport";
import type { HostStepContext } from "./hostStep";

/** What a step has printed between its marks. */
export function resultOf<T>(
  { stdout }: remote.Command,
  parse: (text: string) => T,
  origin: ResultOrigin,
): pulumi.Output<T> {
  return stdout.apply((printed) => orRefusal(() => readKeptResult(printed, parse, origin)));
}

/** A secret that a step of the whole cluster has printed, on the first control plane. */
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
 * Fails for a step that has no result where its marks are missing: a login that ends before it runs the script ends well.
 *
 * @param by whose login runs it @default the host's own
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

/** The command that has one step run again. @param name of its resource */
export function runAgain(name: string): string {
  return `bin/pulumi up --target-replace '**::${name}'`;
}

/** Gives the user the error's message alone. */
function orRefusal<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Refusal((error as Error).message, { cause: error });
  }
}
