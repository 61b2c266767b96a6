/** One line of `make doctor`. */
export interface Check {
  name: string;
  /** What is there, or what is missing. */
  found: string;
  /** What to do about it. Only where something must be done before `make toolchain`, or before `make up`, can work. */
  remedy?: string;
}

export function formatChecks(checks: Check[]): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  return checks
    .map(({ name, found, remedy }) => {
      const line = `  ${remedy ? "!!" : "ok"}  ${name.padEnd(width)}  ${found}`;
      return remedy ? `${line}\n      ${"".padEnd(width)}  -> ${remedy}` : line;
    })
    .join("\n");
}
