import type { Partition } from "../../kafka/protocol/partitions";
import { Fatal } from "../../failures";
import type { Expectation } from "../expectation";

/**
 * Checks of an observed cluster. Each returns problems that may still heal, in sentences, and throws a Fatal for
 * others.
 */

/** The cluster's id and brokers are those planned. */
export function clusterProblems(expected: Expectation, found: { clusterId: string; brokers: number[] }): string[] {
  if (found.clusterId !== expected.clusterId) {
    throw new Fatal(
      `the cluster's id is ${found.clusterId}, planned is ${expected.clusterId}: this is another cluster`,
    );
  }
  const { missing, unplanned } = compare(expected.brokers, found.brokers);
  if (unplanned.length > 0) throw new Fatal(`brokers that are not planned: ${unplanned.join(", ")}`);
  return missing.length > 0 ? [`brokers missing: ${missing.join(", ")}`] : [];
}

/** The metadata quorum's voters are those planned. */
export function quorumProblems(expected: Expectation, voters: readonly number[]): string[] {
  const { missing, unplanned } = compare(expected.voters, voters);
  if (unplanned.length > 0) throw new Fatal(`voters that are not planned: ${unplanned.join(", ")}`);
  return missing.length > 0 ? [`nodes that don't vote in the metadata quorum yet: ${missing.join(", ")}`] : [];
}

/** Every partition has a leader and all its replicas in sync. */
export function replicaProblems(partitions: readonly Partition[]): string[] {
  const leaderless = partitions.filter(({ leader }) => leader < 0);
  const laggingOn = (id: number): Partition[] =>
    partitions.filter(({ replicas, inSync }) => replicas.includes(id) && !inSync.includes(id));
  const brokers = [...new Set(partitions.flatMap(({ replicas }) => replicas))].sort((a, b) => a - b);
  return [
    ...(leaderless.length > 0 ? [`partitions without a leader: ${names(leaderless)}`] : []),
    ...brokers
      .filter((id) => laggingOn(id).length > 0)
      .map((id) => `partitions whose replica on broker ${id} is not in sync: ${names(laggingOn(id))}`),
  ];
}

function names(partitions: readonly Partition[]): string {
  const shown = partitions.slice(0, 3).map(({ topic, partition }) => `${topic}-${partition}`);
  const more = partitions.length - shown.length;
  return shown.join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** The topic has the expected partitions and replicas, and every broker leads some of its partitions. */
export function topicProblems(expected: Expectation, partitions: readonly Partition[]): string[] {
  if (partitions.length !== expected.partitions) {
    return [`the topic has ${partitions.length} partitions, ${expected.partitions} were asked for`];
  }
  const thin = partitions.find(({ replicas }) => replicas.length !== expected.replicationFactor);
  if (thin) {
    throw new Fatal(
      `partition ${thin.partition} has ${thin.replicas.length} replicas, ${expected.replicationFactor} were asked for`,
    );
  }
  const idle = idleBrokers(expected, partitions);
  return idle.length > 0 ? [`brokers that lead no partition: ${idle.join(", ")}`] : [];
}

/** Brokers that lead no partition of the topic. */
export function idleBrokers({ brokers }: Pick<Expectation, "brokers">, partitions: readonly Partition[]): number[] {
  return brokers.filter((id) => !partitions.some(({ leader }) => leader === id));
}

/** Number of partitions that each broker leads, by the broker's id. */
export function leadersPerBroker(brokers: readonly number[], partitions: readonly Partition[]): Record<string, number> {
  return Object.fromEntries(brokers.map((id) => [id, partitions.filter(({ leader }) => leader === id).length]));
}

function compare(planned: readonly number[], found: readonly number[]): { missing: number[]; unplanned: number[] } {
  return {
    missing: planned.filter((id) => !found.includes(id)),
    unplanned: found.filter((id) => !planned.includes(id)),
  };
}
