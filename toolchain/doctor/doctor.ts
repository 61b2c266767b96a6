import * as os from "node:os";

import { duration } from "../engine/progress";
import type { Step } from "../engine/planner";
import { prepare } from "../prepare";
import type { MirrorContent } from "../recipes/mirror";
import { describeVersions } from "../source/kubernetesVersions";
import { formatChecks } from "./check";
import {
  buildDiskGib,
  cgroupCheck,
  diskCheck,
  inotifyCheck,
  kernelCheck,
  memoryCheck,
  nodeCheck,
  runDiskGib,
} from "./machineChecks";
import { canInstall, dockerCheck, goCheck, missingChecks, versionCheck } from "./toolChecks";

/**
 * Says what this machine has and lacks, and what `make toolchain` would do and why; touches nothing.
 *
 * @param asked what the mirror shall have beside the default
 */
export async function doctor(root: string, asked: MirrorContent): Promise<void> {
  const { decision, content, plan, missing, lacksGo, around } = await prepare(root, asked);
  const installs = canInstall();
  const checks = [
    nodeCheck(),
    versionCheck("npm", "--version"),
    goCheck(lacksGo, installs),
    ...["java", "mvn"].filter((name) => !missing[name]).map((name) => versionCheck(name, "--version")),
    dockerCheck(installs),
    ...missingChecks(missing, installs),
    memoryCheck(),
    diskCheck(around.store.cache, plan.steps.length > 0 ? buildDiskGib : runDiskGib),
    cgroupCheck(),
    kernelCheck(),
    ...(os.type() === "Linux" ? [inotifyCheck()] : []),
  ];

  console.log(`This machine\n${formatChecks(checks)}\n`);
  console.log(`Packages and images: ${decision.source}, since ${decision.sourceWhy}`);
  console.log(`Kubernetes: ${describeVersions(decision.source, content.kubernetes)}`);
  console.log(`Pulumi: ${decision.pulumi}, since ${decision.pulumiWhy}\n`);
  console.log(describeSteps(plan.steps, around.store.cache));
  if (checks.some(({ remedy }) => remedy)) process.exitCode = 1;
}

function describeSteps(steps: Step[], cache: string): string {
  if (steps.length === 0) return "make toolchain builds nothing: all is in the cache.";
  const usual = (step: Step) => step.recipe.usual ?? { seconds: 0, megabytes: 0 };
  const sum = (of: (step: Step) => number) => steps.reduce((total, step) => total + of(step), 0);
  const width = Math.max(...steps.map(({ recipe }) => recipe.name.length));
  const lines = steps.map((step) => {
    const cost = `${duration(usual(step).seconds)}, ${usual(step).megabytes} MB`;
    return `  ${step.recipe.name.padEnd(width)} ${cost.padEnd(16)} ${step.recipe.summary}: ${step.why}`;
  });
  const total = `${duration(sum((step) => usual(step).seconds))} of work, ${sum((step) => usual(step).megabytes)} MB`;
  return [`make toolchain builds into ${cache} (${total}; times as on two cores):`, ...lines].join("\n");
}
