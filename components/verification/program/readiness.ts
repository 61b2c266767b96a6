import { Connection, parseAddresses, type Address } from "../../kafka/protocol/connection";
import { electPreferredLeaders, layoutOf } from "../../kafka/protocol/partitions";
import { quorumOf } from "../../kafka/protocol/quorum";
import type { Deadline } from "../../programs/program/waiting";
import type { Expectation } from "../expectation";
import { clusterProblems, diskProblems, idleBrokers, quorumProblems, replicaProblems, topicProblems } from "./checks";
import { disksOf } from "./state";
import { ofTopic } from "./topic";

/** Waits until the brokers are exactly those planned. Returns where they are. */
export async function brokersArePlanned(expected: Expectation, deadline: Deadline): Promise<Address[]> {
  const kafka = new Connection(parseAddresses(expected.bootstrapServers));
  let found: Address[] = [];
  await deadline.waitWhileChanging("brokers as planned", async () => {
    const { clusterId, brokers } = await kafka.describe();
    found = brokers.map(({ host, port }) => ({ host, port }));
    return clusterProblems(expected, { clusterId: clusterId ?? "unknown", brokers: brokers.map(({ id }) => id) });
  });
  return found;
}

/** Waits until the metadata quorum's voters are exactly those planned: new ones join within seconds. */
export function quorumIsPlanned(kafka: Connection, expected: Expectation, deadline: Deadline): Promise<void> {
  return deadline.waitWhileChanging("a metadata quorum as planned", async () => {
    const { voters } = await quorumOf(kafka);
    return quorumProblems(
      expected,
      voters.map(({ id }) => id),
    );
  });
}

/** Waits until every partition of the cluster is in sync and every broker leads some of the topic. */
export function layoutIsPlanned(
  kafka: Connection,
  topic: string,
  expected: Expectation,
  deadline: Deadline,
): Promise<void> {
  return deadline.waitWhileChanging("partitions as planned", () => layoutProblems(kafka, topic, expected));
}

/** What is wrong with the topic, and with the cluster as a whole. */
export async function layoutProblems(kafka: Connection, topic: string, expected: Expectation): Promise<string[]> {
  const own = ofTopic((await layoutOf(kafka)).partitions, topic);
  // A broker that was away for a moment leads nothing until somebody gives it back what it prefers to lead.
  if (own.length > 0 && idleBrokers(expected, own).length > 0) {
    await electPreferredLeaders(kafka, [{ topic, partitions: own.map(({ partition }) => partition) }]);
  }
  return [...topicProblems(expected, own), ...(await clusterWideProblems(kafka, expected))];
}

/** What is wrong with any partition of the cluster, and the log directories that it may come from. */
export async function clusterWideProblems(kafka: Connection, { brokers }: Expectation): Promise<string[]> {
  const problems = replicaProblems((await layoutOf(kafka)).partitions);
  if (problems.length === 0) return [];
  // Only to say more: where a broker doesn't answer, the problems are told without.
  const disks = await disksOf(kafka, brokers).catch(() => ({}));
  return [...problems, ...diskProblems(disks)];
}
