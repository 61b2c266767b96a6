import { type Layout, namesOf, type Partition } from "../protocol/partitions";
import type { Quorum } from "../protocol/quorum";
import { onlineInSync } from "./offlineReplicas";
import { votersBehind } from "./voters";

/** What stopping nodes together interrupts, in sentences. */
export interface Outage {
  /** A roll, which stops one node after the other while all others are well, interrupts it as well. */
  readonly asInRoll: readonly string[];
  /** A roll doesn't interrupt it: it is due to the nodes' stopping together. */
  readonly together: readonly string[];
}

/** What clients can do with a partition, in ascending order. */
enum Service {
  none,
  /** Writes with `acks=all` wait. */
  reads,
  all,
}

/**
 * What is interrupted while nodes are stopped, in partitions and in the metadata quorum. What is interrupted already
 * isn't listed.
 *
 * @param nodes ids of the nodes that stop together
 * @param minimums `min.insync.replicas` in effect, by topic
 */
export function outageWithout(
  nodes: readonly number[],
  { layout, quorum }: { readonly layout: Layout; readonly quorum: Quorum },
  minimums: ReadonlyMap<string, number>,
): Outage {
  const found = layout.partitions.map((partition) => {
    const minimum = minimums.get(partition.topic) ?? 1;
    const online = onlineInSync(partition);
    const without = (from: readonly number[], stopped: readonly number[]): Service =>
      serviceOf(
        partition,
        from.filter((id) => !stopped.includes(id)),
        minimum,
      );
    const left = without(online, nodes);
    const whole = partition.replicas.filter((id) => online.includes(id) || nodes.includes(id));
    const asInRoll = nodes.some((id) => without(whole, [id]) <= left);
    return { partition, left, isLess: left < without(online, []), asInRoll };
  });
  const sentences = (asInRoll: boolean): string[] =>
    ([Service.none, Service.reads] as const).flatMap((service) =>
      inWords(
        found
          .filter((each) => each.isLess && each.left === service && each.asInRoll === asInRoll)
          .map(({ partition }) => partition),
        service,
      ),
    );
  const votes = lostMajority(nodes, quorum);
  return {
    asInRoll: [...sentences(true), ...votes.asInRoll],
    together: [...sentences(false), ...votes.together],
  };
}

/** A partition never waits for more replicas than it has. */
function serviceOf({ replicas }: Partition, inSync: readonly number[], minimum: number): Service {
  if (inSync.length === 0) return Service.none;
  return inSync.length < Math.min(minimum, replicas.length) ? Service.reads : Service.all;
}

function inWords(partitions: readonly Partition[], service: Service.none | Service.reads): string[] {
  const { length } = partitions;
  if (length === 0) return [];
  const [who, has, it] = length === 1 ? ["1 partition", "has", "it"] : [`${length} partitions`, "have", "they"];
  const what =
    service === Service.none
      ? `${has} no replica in sync, so ${it} can be neither read nor written`
      : `${has} fewer replicas in sync than min.insync.replicas, so writes with acks=all wait`;
  return [`${who} (${namesOf(partitions)}) ${what}`];
}

function lostMajority(nodes: readonly number[], quorum: Quorum): Outage {
  const { voters } = quorum;
  const behind = votersBehind(quorum);
  const current = voters.filter((voter) => !behind.includes(voter));
  const left = current.filter(({ id }) => !nodes.includes(id)).length;
  const majority = Math.floor(voters.length / 2) + 1;
  if (current.length < majority || left >= majority) return { asInRoll: [], together: [] };
  const lost = [
    `${left} of ${voters.length} voters ${left === 1 ? "is" : "are"} left, which is no majority, so topics and leaders can't change`,
  ];
  const whole = voters.filter((voter) => current.includes(voter) || nodes.includes(voter.id));
  return whole.length - 1 < majority ? { asInRoll: lost, together: [] } : { asInRoll: [], together: lost };
}
