import { mayHeal, reasonOf } from "../../failures";
import type { Connection } from "../protocol/connection";
import { type Layout, layoutOf, namesOf, type Partition } from "../protocol/partitions";
import { type Quorum, quorumOf } from "../protocol/quorum";
import { isLagging } from "./catchingUp";
import { withoutOffline } from "./offlineReplicas";
import { votersBehind } from "./voters";

/** Kafka at one moment, or the reason why it doesn't answer. */
export type Snapshot<L extends Layout = Layout> =
  | { readonly layout: L; readonly quorum: Quorum; readonly failure?: undefined }
  | { readonly failure: string; readonly layout?: undefined };

/**
 * One snapshot decides a whole step, so that its parts can't contradict each other.
 *
 * @param layout asks for the layout
 */
export async function takeSnapshot<L extends Layout>(
  kafka: Connection,
  layout: (kafka: Connection) => Promise<L>,
): Promise<Snapshot<L>> {
  return Promise.all([layout(kafka), quorumOf(kafka)]).then(
    ([layout, quorum]) => ({ layout, quorum }),
    (error: Error) => {
      if (!mayHeal(error)) throw error;
      return { failure: reasonOf(error) };
    },
  );
}

/** A snapshot with the plain layout. */
export function snapshotOf(kafka: Connection): Promise<Snapshot> {
  return takeSnapshot(kafka, layoutOf);
}

/**
 * Why nodes may not be stopped yet; empty if they may. The replicas and votes of all other nodes have to be up to date,
 * and so do those of these nodes, except for what is down already. Nodes that neither serve nor vote may always stop.
 *
 * @param nodes ids of the nodes that stop together
 * @param isReady whether a pod of these nodes is ready
 */
export function whyNotToStop(nodes: readonly number[], isReady: boolean, snapshot: Snapshot): string[] {
  if (snapshot.failure !== undefined) return isReady ? [snapshot.failure] : [];
  const { layout, quorum } = snapshot;
  const isDown = (id: number): boolean => nodes.includes(id) && !isServingOrVoting(id, snapshot);
  // A silent kubelet makes a pod unready though its broker serves.
  if (!isReady && nodes.every(isDown)) return [];
  const voters = quorum.voters.filter(({ id }) => !isDown(id));
  return [...laggingPartitions(withoutOffline(nodes, layout)), ...laggingVoters({ ...quorum, voters })];
}

/** Whether the node serves clients, or is a voter that is up to date. */
function isServingOrVoting(
  node: number,
  { layout, quorum }: { readonly layout: Layout; readonly quorum: Quorum },
): boolean {
  const behind = votersBehind(quorum);
  const votes = quorum.voters.some(({ id }) => id === node) && !behind.some(({ id }) => id === node);
  return votes || layout.brokers.some(({ id }) => id === node);
}

/** Partitions with replicas out of sync: stopping one more broker could take them below `min.insync.replicas`. */
export function laggingPartitions(partitions: readonly Partition[]): string[] {
  const lagging = partitions.filter(isLagging);
  if (lagging.length <= 1)
    return lagging.map(() => `1 partition has replicas that are not in sync: ${namesOf(lagging)}`);
  return [`${lagging.length} partitions have replicas that are not in sync, such as ${namesOf(lagging)}`];
}

/** Voters that have to catch up before another voter may stop. */
export function laggingVoters(quorum: Quorum): string[] {
  const lagging = votersBehind(quorum);
  const ids = lagging.map(({ id }) => id);
  if (ids.length <= 1) return ids.map((id) => `the voter ${id} is behind the active controller`);
  return [`the voters ${ids.join(", ")} are behind the active controller`];
}
