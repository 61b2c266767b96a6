import type { Layout, Partition } from "../protocol/partitions";

/**
 * Brokers that serve and have lost a log directory: a disk that is full, or fails. What lies there is offline until the broker
 * starts anew, so that waiting for it would keep from being replaced what the replacement would mend. First those without
 * which fewer partitions would have no replica in sync.
 *
 * @see KIP-112, KIP-858 (a broker goes on without a log directory that fails)
 */
export function brokersToMend({ brokers, partitions }: Layout): number[] {
  const dependent = (id: number): number => partitions.filter((each) => dependsOn(id, each)).length;
  return brokers
    .map(({ id }) => id)
    .filter((id) => partitions.some(({ offline }) => offline?.includes(id)))
    .sort((a, b) => dependent(a) - dependent(b));
}

/**
 * What the replacement of a broker has to wait for: the partitions without those replicas that it takes from nobody, since they
 * are offline on that broker already.
 *
 * Several brokers to mend don't wait for each other's offline replicas, of which none comes back before its own broker is
 * replaced. Only where the broker has a partition's last replica that is in sync and online, it waits. Meanwhile writes with
 * `acks=all` to partitions that are left with fewer than `min.insync.replicas` fail and are tried again, as while a broker is down.
 *
 * @param broker that would be stopped
 */
export function withoutOffline(broker: number, layout: Layout): Partition[] {
  const toMend = brokersToMend(layout);
  const isToMend = toMend.includes(broker);
  return (
    layout.partitions
      // Without a replica to copy from, nothing catches up until the broker that had it is mended.
      .filter((each) => !isToMend || onlineInSync(each).length > 0)
      .map((each) => {
        const excused = isToMend && !dependsOn(broker, each) ? [broker, ...toMend] : [broker];
        const remain = each.replicas.filter((id) => !(each.offline?.includes(id) && excused.includes(id)));
        return { ...each, replicas: remain };
      })
  );
}

/** Whether others of a partition's replicas are offline, and this broker has the last one that is in sync. */
function dependsOn(broker: number, partition: Partition): boolean {
  return (partition.offline ?? []).length > 0 && onlineInSync(partition).join() === String(broker);
}

/** Kafka leaves the last replica in sync even where it is offline. */
function onlineInSync({ inSync, offline = [] }: Partition): number[] {
  return inSync.filter((id) => !offline.includes(id));
}
