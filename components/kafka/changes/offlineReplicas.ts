import type { Layout, Partition } from "../protocol/partitions";

/**
 * Serving brokers with an offline log directory, because a disk is full or fails. Its replicas stay offline until the
 * broker restarts, so a roll that waited for them to be in sync would never restart it. Brokers come first whose
 * restart leaves fewer partitions without a replica in sync.
 *
 * @see KIP-112, KIP-858 (a broker goes on without a log directory that fails)
 */
export function brokersToMend({ brokers, partitions }: Layout): number[] {
  const dependent = (id: number): number => partitions.filter((each) => dependsOn([id], each)).length;
  return brokers
    .map(({ id }) => id)
    .filter((id) => partitions.some(({ offline }) => offline?.includes(id)))
    .sort((a, b) => dependent(a) - dependent(b));
}

/**
 * The partitions that a stop of brokers has to wait for, without replicas that are offline on these brokers already: the
 * stop takes these from nobody.
 *
 * Brokers with offline log directories don't wait for each other's offline replicas either, since none comes back
 * before its own broker restarts. The exception is a broker with a partition's last replica that is in sync and online:
 * it waits. During the restart, clients retry writes with `acks=all` to partitions with fewer than
 * `min.insync.replicas`, as while any broker is down.
 *
 * @param brokers ids of the brokers to stop: one for a restart, several if they stop together
 */
export function withoutOffline(brokers: readonly number[], layout: Layout): Partition[] {
  const toMend = brokersToMend(layout);
  const isToMend = brokers.some((id) => toMend.includes(id));
  return (
    layout.partitions
      // A partition without a replica that is online and in sync can't catch up until its broker restarts.
      .filter((each) => !isToMend || onlineInSync(each).length > 0)
      .map((each) => {
        const excused = isToMend && !dependsOn(brokers, each) ? [...brokers, ...toMend] : brokers;
        const remain = each.replicas.filter((id) => !(each.offline?.includes(id) && excused.includes(id)));
        return { ...each, replicas: remain };
      })
  );
}

/** Whether replicas of a partition are offline, and these brokers have the last ones that are online and in sync. */
function dependsOn(brokers: readonly number[], partition: Partition): boolean {
  const last = onlineInSync(partition);
  return (partition.offline ?? []).length > 0 && last.length > 0 && last.every((id) => brokers.includes(id));
}

/** Replicas in sync that are online: without KIP-966 Kafka lists the last replica as in sync even if it is offline. */
export function onlineInSync({ inSync, offline = [] }: Partition): number[] {
  return inSync.filter((id) => !offline.includes(id));
}
