/** Variables that are set by the shell, by a file that preflight.sh reads, or by Pulumi for a local command. */
const others = ["SECONDS", "BASH_COMMAND", "BASH_REMATCH", "PPID", "PWD", "ID", "VERSION_ID", "PULUMI_COMMAND_STDOUT"];

const code = (script: string): string => script.replace(/^\s*#.*$/gm, "");

/** Sorted names of the upper-case variables that a script expands and doesn't set. */
export function variablesRead(script: string): string[] {
  const text = code(script);
  const read = [...text.matchAll(/(?<!\\)\$\{?([A-Z][A-Z0-9_]+)\b/g)].map(([, name]) => name!);
  const isSet = (name: string) => variablesSet(script).includes(name) || others.includes(name);
  return [...new Set(read)].filter((name) => !isSet(name)).sort();
}

export function variablesSet(script: string): string[] {
  return [...code(script).matchAll(/(?<=^|[\s;(])([A-Z][A-Z0-9_]+)\+?=/g)].map(([, name]) => name!);
}

/** Whether a script mentions a variable, even without a `$`, as in arithmetic. */
export const mentions = (script: string, variable: string): boolean =>
  new RegExp(`\\b${variable}\\b`).test(code(script));
