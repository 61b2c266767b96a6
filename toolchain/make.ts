import { execFileSync } from "node:child_process";
import * as path from "node:path";
import { build } from "./engine/build";
import { duration } from "./engine/progress";
import { bringGo } from "./machine/go";
import { writeEnvironment } from "./environment";
import { parts } from "./parts";
import { prepare, type Preparation } from "./prepare";
import type { MirrorContent } from "./recipes/mirror";
import { describeVersions } from "./source/kubernetesVersions";

/**
 * Makes everything ready that `make up` needs, and writes build/toolchain/env.
 *
 * @param asked what the mirror shall have beside the default
 */
export async function makeToolchain(root: string, asked: MirrorContent): Promise<void> {
  const start = Date.now();
  const preparation = await prepare(root, asked);
  announce(preparation);
  setUp(preparation);

  const { decision, content, around, ours } = preparation;
  const paths = await build(preparation.plan, around);
  const built = (recipe: { name: string }) => paths[recipe.name] ?? fail(`recipe ${recipe.name} was not requested`);

  const variables: Record<string, string> = {};
  for (const part of parts) {
    const { PATH, ...others } = await part.ready({
      decision,
      content,
      root,
      ours,
      cache: around.store.cache,
      built,
    });
    Object.assign(variables, others);
    if (PATH) variables.PATH = [variables.PATH, PATH].filter(Boolean).join(":");
  }
  // The pinned Node.js: Pulumi's language host starts the one on PATH.
  variables.PATH = [path.join(root, "node_modules/.bin"), variables.PATH].join(":");
  writeEnvironment(path.join(ours, "env"), variables);
  console.log(`The toolchain is ready (${duration((Date.now() - start) / 1000)}).`);
}

function announce({ decision, content, plan, around }: Preparation): void {
  console.log(`Packages and images: ${decision.source}, since ${decision.sourceWhy}`);
  console.log(`Kubernetes: ${describeVersions(decision.source, content.kubernetes)}`);
  console.log(`Pulumi: ${decision.pulumi}, since ${decision.pulumiWhy}`);
  if (plan.steps.length === 0) return;
  console.log(`To be built into ${around.store.cache}:`);
  for (const { recipe, why } of plan.steps) console.log(`  ${recipe.name}: ${recipe.summary} (${why})`);
}

function setUp({ missing, lacksGo, around }: Preparation): void {
  const script = (name: string, ...args: string[]) =>
    execFileSync("bash", [path.join(around.root, "toolchain/setup", name), ...args], { stdio: "inherit" });

  const packages = [...new Set(Object.values(missing))];
  if (packages.length > 0) script("packages.sh", ...packages);
  script("docker.sh");
  if (lacksGo) process.env.PATH = `${bringGo(around.root, around.store.cache)}:${process.env.PATH}`;
}

function fail(message: string): never {
  throw new Error(message);
}
