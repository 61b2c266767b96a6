import type { Expectation } from "../expectation";
import type { ClusterState } from "../report";

/** Share of a disk below which its free space is a warning. */
const SCARCE = 0.1;
const GB = 1e9;
/** For nodes that share a host. A node stays where its volume is, so a further host alone changes nothing. */
const REMEDY =
  "Unless there is another host that takes pods, add one; then give up the volume of a node that is to move there " +
  "(docs/brokers.md, “Brokers that share a host”).";

/**
 * Problems that are likely to come, in sentences with the remedy.
 *
 * @param messages number of records that were exchanged
 * @param leftTopic name of the verification's topic, if brokers refuse to delete topics
 */
export function warningsOf(
  expected: Pick<Expectation, "messages" | "writeSeconds">,
  messages: number,
  state: ClusterState,
  leftTopic?: string,
): string[] {
  return [
    ...diskWarnings(state),
    ...placementWarnings(state),
    ...(messages < expected.messages
      ? [
          `Only ${messages} of ${expected.messages} records were written within ${expected.writeSeconds} seconds: the ` +
            `brokers are slow, or a quota slows clients down.`,
        ]
      : []),
    ...(leftTopic === undefined
      ? []
      : [
          `The topic ${leftTopic} stays, since delete.topic.enable is false: its records go within a day, and the next ` +
            `verification uses it again.`,
        ]),
  ];
}

function diskWarnings({ brokers }: ClusterState): string[] {
  return Object.entries(brokers).flatMap(([id, { disks }]) =>
    Object.entries(disks).flatMap(([path, disk]) => {
      if (disk === "offline") {
        return [`Broker ${id} can't use its log directory ${path}: look after its disk, then restart the pod.`];
      }
      const { total = 0, free = 0 } = disk;
      if (free >= total * SCARCE) return [];
      return [
        `Broker ${id} has ${(free / GB).toFixed(1)} of ${(total / GB).toFixed(1)} GB free for ${path}: let topics keep ` +
          `less (retention.ms, retention.bytes), or enlarge the disk.`,
      ];
    }),
  );
}

/** Nodes on the same host, which the loss of that host would take together. */
function placementWarnings({ brokers, voters }: ClusterState): string[] {
  const shared = [...byHost(brokers)].filter(([, ids]) => ids.length > 1);
  const majority = [...byHost(voters)].find(([, ids]) => ids.length > 1 && ids.length > Object.keys(voters).length / 2);
  return [
    ...shared.map(
      ([host, ids]) => `Brokers ${ids.join(", ")} are all on ${host}, and fail together with it. ${REMEDY}`,
    ),
    ...(majority
      ? [
          `Voters ${majority[1].join(", ")} are all on ${majority[0]}: without that host there is no majority, so that ` +
            `Kafka can't change anything. ${REMEDY}`,
        ]
      : []),
  ];
}

function byHost(nodes: Readonly<Record<string, { host?: string }>>): Map<string, string[]> {
  const placed = Object.entries(nodes).flatMap(([id, { host }]) => (host === undefined ? [] : [{ id, host }]));
  const groups = Map.groupBy(placed, ({ host }) => host);
  return new Map([...groups].map(([host, each]) => [host, each.map(({ id }) => id)]));
}
