import * as path from "node:path";

import { runConformance } from "./run";
import { describeRun, problemsOf } from "./verdict";

/** `main.ts KUBECONFIG`, called by the Makefile: runs the chosen conformance tests on any cluster. */
async function main(kubeconfig?: string): Promise<void> {
  if (!kubeconfig) throw new Error("name the cluster: make conformance kubeconfig=FILE");
  const run = await runConformance(path.resolve(kubeconfig));
  console.log(describeRun(run));
  if (problemsOf(run).length > 0) process.exitCode = 1;
}

main(...process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
