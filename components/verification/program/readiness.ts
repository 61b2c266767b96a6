import type { Admin } from "kafkajs";
import type { Address, Connection } from "../../kafka/protocol/connection";
import { electPreferredLeaders } from "../../kafka/protocol/partitions";
import { quorumOf } from "../../kafka/protocol/quorum";
import type { Deadline } from "../../programs/program/waiting";
import type { Expectation } from "../expectation";
import { clusterProblems, diskProblems, idleBrokers, quorumProblems, replicaProblems, topicProblems } from "./checks";
import { disksOf } from "./state";
import { describeTopics, ofTopic } from "./topic";

/** Connects, and waits until the brokers are exactly those planned. Returns where they are. */
export async function brokersArePlanned(admin: Admin, expected: Expectation, deadline: Deadline): Promise<Address[]> {
  let brokers: Address[] = [];
  await deadline.waitWhileChanging("brokers as planned", async () => {
    await admin.connect();
    const cluster = await admin.describeCluster();
    brokers = cluster.brokers;
    return clusterProblems(expected, {
      clusterId: cluster.clusterId,
      brokers: cluster.brokers.map(({ nodeId }) => nodeId),
    });
  });
  return brokers;
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
  admin: Admin,
  kafka: Connection,
  topic: string,
  expected: Expectation,
  deadline: Deadline,
): Promise<void> {
  return deadline.waitWhileChanging("partitions as planned", () => layoutProblems(admin, kafka, topic, expected));
}

/** What is wrong with the topic and with any partition of the cluster, and the log directories that it may come from. */
export async function layoutProblems(
  admin: Admin,
  kafka: Connection,
  topic: string,
  expected: Expectation,
): Promise<string[]> {
  const partitions = await describeTopics(admin);
  const own = ofTopic(partitions, topic);
  const problems = [...topicProblems(expected, own), ...replicaProblems(partitions)];
  if (problems.length === 0) return [];
  // A broker that was away for a moment leads nothing until somebody gives it back what it prefers to lead.
  if (idleBrokers(expected, own).length > 0) {
    await electPreferredLeaders(kafka, [{ topic, partitions: own.map(({ partition }) => partition) }]);
  }
  // Only to say more: where a broker doesn't answer, the problems are told without.
  const disks = await disksOf(kafka, expected.brokers).catch(() => ({}));
  return [...problems, ...diskProblems(disks)];
}
