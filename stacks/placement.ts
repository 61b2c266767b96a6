import { isClaimOfNode } from "../components/kafka/plan/claims";
import type { KafkaPlan } from "../components/kafka/plan/kafkaPlan";
import { type Claim, type ClaimsByHost, deletionCommands } from "../components/storage/volumesPlan";

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

/** A host that takes ordinary pods. */
interface PodHost {
  readonly name: string;
  /** @default none, as on all hosts */
  readonly zone?: string | undefined;
}

/**
 * Warns of hosts with more than their share of a pool's pods. A pod stays on the host that has its volume, so that a host that is added
 * later gets none of those that exist. Pods are spread over zones first, and then over the hosts of each zone.
 *
 * @param held the claims that are on hosts' disks now
 */
export function unevenWarnings(
  { namespace, pools }: Pick<KafkaPlan, "namespace" | "pools">,
  held: ClaimsByHost,
  hosts: readonly PodHost[],
): string[] {
  const byZone = Map.groupBy(hosts, ({ zone }) => zone);
  const claimsOn = (host: string, pod: string): Claim[] =>
    (held.get(host) ?? []).filter(
      ({ metadata }) => metadata.namespace === namespace && isClaimOfNode(metadata.name, pod),
    );
  return pools.flatMap(({ name, nodes }) => {
    const places = hosts.map((host) => ({
      host: host.name,
      share: Math.ceil(Math.ceil(nodes.length / byZone.size) / byZone.get(host.zone)!.length),
      pods: nodes.map((_, ordinal) => `${name}-${ordinal}`).filter((pod) => claimsOn(host.name, pod).length > 0),
    }));
    const room = places.filter(({ pods, share }) => pods.length < share).map(({ host }) => host);
    return places
      .filter(({ pods, share }) => pods.length > share)
      .map(({ host, pods }) => {
        const moving = pods.at(-1)!;
        return (
          `kafka: ${pods.join(", ")} have their volumes on ${host} and fail together with it, while there is room on ${room.join(", ")}. ` +
          `A pod stays where its volume is. If the other nodes have all its records, give up the volume of ${moving} and run up, which ` +
          `moves the pod: ${deletionCommands(claimsOn(host, moving))}`
        );
      });
  });
}
