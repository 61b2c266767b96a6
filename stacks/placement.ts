/** Kafka's nodes that may be lost with a host. */
interface Placed {
  readonly brokers: readonly unknown[];
  readonly voters: readonly unknown[];
}

/**
 * Warns if the loss of a single host stops Kafka or several brokers, although the numbers of brokers and voters suggest otherwise.
 * Pods are spread over hosts as evenly as possible.
 *
 * @param hosts names of the hosts that run ordinary pods
 */
export function placementWarnings({ brokers, voters }: Placed, hosts: readonly string[]): string[] {
  const hostsInWords = hosts.length === 1 ? `1 host (${hosts[0]!})` : `${hosts.length} hosts (${hosts.join(", ")})`;
  const perHost = (pods: readonly unknown[]): number => Math.ceil(pods.length / hosts.length);
  const majority = Math.floor(voters.length / 2) + 1;
  const warnings: string[] = [];
  if (brokers.length > hosts.length) {
    warnings.push(
      `kafka.brokers: ${brokers.length} brokers run on ${hostsInWords}, so ${perHost(brokers)} of them fail together with their host, and ` +
        "replicas of a partition may share it. Add hosts that take pods, or take fewer brokers.",
    );
  }
  // A single voter is always on one host, which deserves no warning.
  if (voters.length > 1 && perHost(voters) >= majority) {
    warnings.push(
      `kafka: ${voters.length} voters run on ${hostsInWords}, so a single host has ${perHost(voters)} of them, which is most of the metadata ` +
        `quorum: without that host Kafka stops. ${voters.length} hosts that take pods are enough.`,
    );
  }
  return warnings;
}
