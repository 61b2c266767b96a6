import { actions, type HostAction } from "../components/cluster/actions";
import { compareVersions } from "../components/cluster/versionsPlan";
import type { KeptVersions } from "../config/keptVersions";
import { kafkaSets, type RecordedSet } from "./recordedKafka";
import type { RecordedResource } from "./recordedResources";

/**
 * The versions that a stack runs, by the resources in its state.
 *
 * Kubernetes: `init` has the version that the cluster was made with, since its inputs stay as they were. `upgrade` has the one that a
 * host was upgraded to. Where no cluster was recorded yet, `prepare` has the version that was installed. Afterwards it has
 * one that was only downloaded, if an upgrade ended before its first host.
 */
export function recordedVersions(resources: readonly RecordedResource[]): KeptVersions {
  const scripts = scriptsOf(resources);
  const cluster = [
    ...versionsIn(scripts, actions.init, /^kubernetesVersion: v([\d.]+)/m),
    ...versionsIn(scripts, actions.upgrade, KUBERNETES_VERSION),
  ];
  const prepared = versionsIn(scripts, actions.prepare, KUBERNETES_VERSION);
  return {
    kubernetes: newest(cluster.length > 0 ? cluster : prepared),
    kafka: newest(kafkaSets(resources).map(imageTag)),
  };
}

/** Kubernetes' version on each of the stack's hosts, by the resources in its state. Empty where there is no cluster yet. */
export function recordedOnHosts(resources: readonly RecordedResource[]): string[] {
  return versionsIn(scriptsOf(resources), actions.upgrade, KUBERNETES_VERSION);
}

function scriptsOf(resources: readonly RecordedResource[]): string[] {
  return resources.flatMap(({ type, outputs: { stdin } }) =>
    type === "command:remote:Command" && typeof stdin === "string" ? [stdin] : [],
  );
}

/** An input of the scripts, see composeScript. */
const KUBERNETES_VERSION = /^KUBERNETES_VERSION='(\S+)'$/m;

function versionsIn(scripts: readonly string[], { name }: HostAction, version: RegExp): string[] {
  const ofAction = scripts.filter((script) => script.includes(`\nACTION='${name}'\n`));
  return ofAction.flatMap((script) => version.exec(script)?.[1] ?? []);
}

/** An upgrade that was interrupted has left two versions, and can only be finished. */
function newest(versions: readonly string[]): string | undefined {
  return [...versions].sort(compareVersions).at(-1);
}

/** @example "docker.io/apache/kafka:4.3.1" → "4.3.1" */
function imageTag({ spec }: RecordedSet): string {
  const { image } = spec.template.spec.containers[0];
  return image.slice(image.lastIndexOf(":") + 1);
}
