import * as fs from "node:fs";
import * as path from "node:path";

/**
 * Path of a program, as a shell would find it.
 *
 * @param except folder whose programs don't count
 */
export function commandPath(name: string, except?: string): string | undefined {
  return (process.env.PATH ?? "")
    .split(path.delimiter)
    .filter((folder) => !except || !path.resolve(folder).startsWith(except))
    .map((folder) => path.join(folder, name))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}
