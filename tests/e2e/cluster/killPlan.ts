import type { StateResource } from "../../support/stack";

/**
 * After which resources `up` is killed: every so many of all that plugins make, in the order in which they were made, but
 * the hosts' steps first, since what they do no engine takes back.
 *
 * @param every 1 for all of them
 */
export function killsAfter(resources: readonly StateResource[], every: number): string[] {
  const made = resources.filter(({ custom, urn }) => custom && !isDefaultProvider(urn));
  const isHostStep = ({ type }: StateResource): boolean => type.startsWith("command:");
  const ordered = [...made.filter(isHostStep), ...made.filter((resource) => !isHostStep(resource))];
  return ordered.filter((_, index) => index % every === 0).map(({ urn }) => urn);
}

/** The engine starts these by itself. */
function isDefaultProvider(urn: string): boolean {
  return /::pulumi:providers:[^:]+::default(_|$)/.test(urn);
}
