import type { Mistake } from "./mistakes";

/** All mistakes of a config at once. */
export class ConfigError extends Error {
  constructor(
    readonly stackName: string,
    readonly mistakes: readonly Mistake[],
  ) {
    const width = Math.max(...mistakes.map(({ key }) => key.length));
    const lines = mistakes.map(({ code, key, message }) => `  ${key.padEnd(width)}  ${message} [${code}]`);
    const count = mistakes.length === 1 ? "1 mistake" : `${mistakes.length} mistakes`;
    super(
      `${count} in Pulumi.${stackName}.yaml, nothing was touched (docs/errors.md has the codes):\n${lines.join("\n")}`,
    );
  }
}
