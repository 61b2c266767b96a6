import type { Connection } from "./connection";
import { codes, failOn } from "./errors";
import { deleteGroups, fetchOffsets, findCoordinator } from "./requests";

const GROUP = 0;
/** Offset in Kafka's answer if a group has committed nothing for a partition. */
const NOTHING_COMMITTED = -1;

/** A consumer group's committed offsets, by partition of a topic. Partitions without one are left out. */
export async function committedBy(
  kafka: Connection,
  group: string,
  topic: string,
  partitions: readonly number[],
): Promise<Map<number, number>> {
  const question = { group, topics: [{ topic, partitions }], requireStable: false };
  const answer = await kafka.askBroker(await coordinatorOf(kafka, group), fetchOffsets, question);
  failOn(`offsets of the group ${group} can't be read`, answer);
  const found = answer.topics.flatMap((each) => each.partitions);
  for (const each of found) failOn(`the offset of ${topic}-${each.partition} can't be read`, each);
  return new Map(
    found.filter(({ offset }) => offset !== NOTHING_COMMITTED).map(({ partition, offset }) => [partition, offset]),
  );
}

/** Deletes a consumer group without members, and its offsets. Succeeds if the group doesn't exist. */
export async function removeGroup(kafka: Connection, group: string): Promise<void> {
  const answer = await kafka.askBroker(await coordinatorOf(kafka, group), deleteGroups, { groups: [group] });
  for (const each of answer.results) failOn(`the group ${group} can't be deleted`, each, [codes.groupIdNotFound]);
}

/** Id of the broker that coordinates a consumer group. */
async function coordinatorOf(kafka: Connection, group: string): Promise<number> {
  const { coordinators } = await kafka.ask(findCoordinator, { keyType: GROUP, keys: [group] });
  for (const each of coordinators) failOn(`the group ${group} has no coordinator`, each);
  const [found] = coordinators;
  if (!found) throw new Error(`the group ${group} has no coordinator`);
  return found.node;
}
