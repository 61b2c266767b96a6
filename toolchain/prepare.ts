import * as os from "node:os";
import * as path from "node:path";
import { planBuild, type BuildPlan } from "./engine/build";
import type { Surroundings } from "./engine/runner";
import { Store } from "./engine/store";
import { usableGo } from "./machine/go";
import { allTools, missingTools, type Tools } from "./machine/missing";
import { parts } from "./parts";
import type { MirrorContent } from "./recipes/mirror";
import type { Decision } from "./source/decide";
import { inspect } from "./source/inspect";
import { builtConformance, builtVersions, mirroredVersions } from "./source/kubernetesVersions";

/** All that is known before anything is touched; `make toolchain` acts on it and `make doctor` shows it. */
export interface Preparation {
  decision: Decision;
  /** What the mirror has, if there is one. */
  content: MirrorContent;
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
 * @param asked what the user wants in the mirror beside the default
 * @param keepBuilt whether that stays in the mirror which was built before
 */
export async function prepare(root: string, asked: MirrorContent, keepBuilt = true): Promise<Preparation> {
  const ours = path.join(root, "build", "toolchain");
  const around = { root, store: new Store(cacheFolder()), logs: path.join(ours, "log") };
  const decision = await inspect(ours);
  const has = (id: string) => around.store.has(id);
  const content = {
    kubernetes: mirroredVersions(asked.kubernetes, keepBuilt ? builtVersions(root, has) : []),
    conformance: asked.conformance || (keepBuilt && builtConformance(root, has)),
  };
  const plan = planBuild(
    parts.flatMap((part) => part.recipes(decision, content)),
    around,
  );
  const running = plan.steps.map(({ recipe }) => recipe);
  const { go, ...tools } = allTools(
    running,
    parts.map((part) => part.tools(decision)),
  );
  const lacksGo = go !== undefined && !usableGo();
  return { decision, content, around, ours, plan, missing: missingTools(tools), lacksGo };
}

/** The cache that all checkouts of this user share. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const userCache = environment.XDG_CACHE_HOME ?? path.join(os.homedir(), ".cache");
  return path.resolve(environment.KUBEADM_KAFKA_CACHE ?? path.join(userCache, "kubeadm-kafka"));
}
