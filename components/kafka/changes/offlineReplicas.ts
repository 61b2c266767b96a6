import type { Layout, Partition } from "../protocol/partitions";

/**
 * Brokers that serve and have lost a log directory: a disk that is full, or fails. What lies there is offline until the broker
 * starts anew, so that waiting for it would keep from being replaced what the replacement would mend.
 *
 * @see KIP-112, KIP-858 (a broker goes on without a log directory that fails)
 */
export function brokersToMend({ brokers, partitions }: Layout): number[] {
  return brokers.map(({ id }) => id).filter((id) => partitions.some(({ offline }) => offline?.includes(id)));
}

/**
 * The partitions without those replicas that the stop of a broker takes from nobody, since they are offline there already.
 *
 * @param broker that would be stopped
 */
export function withoutOfflineOn(broker: number, partitions: readonly Partition[]): Partition[] {
  return partitions.map((each) =>
    each.offline?.includes(broker) ? { ...each, replicas: each.replicas.filter((id) => id !== broker) } : each,
  );
}
