import { RunError } from "@pulumi/pulumi/errors";

/** Something in a stack's config that can't work, in the user's words. */
export interface Mistake {
  /** The config key, as `pulumi config set --path` takes it: `hosts.existing[1].address`. */
  key: string;
  /** What is wrong, with the value, and what to set instead. */
  message: string;
}

/** All mistakes of a config at once. Pulumi prints the message without a stack trace. */
export class ConfigError extends RunError {
  constructor(
    readonly stackName: string,
    readonly mistakes: readonly Mistake[],
  ) {
    const width = Math.max(...mistakes.map(({ key }) => key.length));
    const lines = mistakes.map(({ key, message }) => `  ${key.padEnd(width)}  ${message}`);
    const count = mistakes.length === 1 ? "1 mistake" : `${mistakes.length} mistakes`;
    super(`${count} in Pulumi.${stackName}.yaml, nothing was touched:\n${lines.join("\n")}`);
  }
}
