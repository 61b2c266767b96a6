import type { StateResource } from "../../support/stack";
import { typeOf } from "../../support/urn";

/** After which resources `up` is killed: all that plugins make, in the order in which they were made. */
export function killsAfter(resources: readonly StateResource[]): string[] {
  return resources.filter(({ custom, urn }) => custom && !isDefaultProvider(urn)).map(({ urn }) => urn);
}

/**
 * After which of these kills a destroy is tried: all that are steps on hosts, since what those do no engine takes back, and
 * every so many of the others, which go with the cluster.
 */
export function destroysAfter(kills: readonly string[], every: number): string[] {
  const isHostStep = (urn: string): boolean => typeOf(urn).startsWith("command:");
  const inCluster = kills.filter((urn) => !isHostStep(urn));
  return [...kills.filter(isHostStep), ...inCluster.filter((_, index) => index % every === 0)];
}

/** The engine starts these by itself. */
function isDefaultProvider(urn: string): boolean {
  return /::pulumi:providers:[^:]+::default(_|$)/.test(urn);
}
