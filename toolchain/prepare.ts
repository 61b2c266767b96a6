import * as os from "node:os";
import * as path from "node:path";
import { planBuild, type BuildPlan } from "./engine/build";
import type { Surroundings } from "./engine/runner";
import { Store } from "./engine/store";
import { usableGo } from "./machine/go";
import { allTools, missingTools, type Tools } from "./machine/missing";
import { parts } from "./parts";
import type { Decision } from "./source/decide";
import { inspect } from "./source/inspect";
import { builtVersions, mirroredVersions } from "./source/kubernetesVersions";

/** All that is known before anything is touched; `make toolchain` acts on it and `make doctor` shows it. */
export interface Preparation {
  decision: Decision;
  /** Kubernetes versions of the mirror, if there is one. */
  kubernetes: readonly string[];
  around: Surroundings;
  /** build/toolchain in this checkout. */
  ours: string;
  plan: BuildPlan;
  /** Commands that what has to be done calls and this machine lacks, by the Debian packages that bring them. */
  missing: Tools;
  /** Whether something is built from Go modules and this machine has no Go that can do that. */
  lacksGo: boolean;
}

/**
 * @param asked Kubernetes versions that the user wants in the mirror beside the default
 * @param keepBuilt whether those stay in the mirror that were built before
 */
export async function prepare(root: string, asked: readonly string[], keepBuilt = true): Promise<Preparation> {
  const ours = path.join(root, "build", "toolchain");
  const around = { root, store: new Store(cacheFolder()), logs: path.join(ours, "log") };
  const decision = await inspect(ours);
  const kubernetes = mirroredVersions(asked, keepBuilt ? builtVersions(root, (id) => around.store.has(id)) : []);
  const plan = planBuild(
    parts.flatMap((part) => part.recipes(decision, kubernetes)),
    around,
  );
  const running = plan.steps.map(({ recipe }) => recipe);
  const { go, ...tools } = allTools(
    running,
    parts.map((part) => part.tools(decision)),
  );
  const lacksGo = go !== undefined && !usableGo();
  return { decision, kubernetes, around, ours, plan, missing: missingTools(tools), lacksGo };
}

/** The cache that all checkouts of this user share. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const userCache = environment.XDG_CACHE_HOME ?? path.join(os.homedir(), ".cache");
  return path.resolve(environment.KUBEADM_KAFKA_CACHE ?? path.join(userCache, "kubeadm-kafka"));
}
