import type { StateResource } from "../../support/stack";
import { typeOf } from "../../support/urn";

/** URNs of the resources after which `up` is killed: all that plugins make, in the order in which they were made. */
export function killsAfter(resources: readonly StateResource[]): string[] {
  return resources.filter(({ custom, urn }) => custom && !isDefaultProvider(urn)).map(({ urn }) => urn);
}

/**
 * The kills after which a destroy is tried: after all steps on hosts, since only the steps' own deletion undoes them, and after one in
 * `every` of the other resources, which disappear with the cluster.
 */
export function destroysAfter(kills: readonly string[], every: number): string[] {
  const isHostStep = (urn: string): boolean => typeOf(urn).startsWith("command:");
  const inCluster = kills.filter((urn) => !isHostStep(urn));
  return [...kills.filter(isHostStep), ...inCluster.filter((_, index) => index % every === 0)];
}

/** The engine makes default providers by itself. */
function isDefaultProvider(urn: string): boolean {
  return /::pulumi:providers:[^:]+::default(_|$)/.test(urn);
}
