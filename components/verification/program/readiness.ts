import type { Admin } from "kafkajs";
import { Connection, type Address } from "../../kafka/protocol/connection";
import { quorumOf } from "../../kafka/protocol/quorum";
import type { Expectation } from "../expectation";
import { clusterProblems, quorumProblems, replicaProblems, topicProblems } from "./checks";
import { describeTopic, describeTopics } from "./topic";
import type { Deadline } from "../../programs/program/waiting";

/** Connects, and waits until the brokers are exactly those planned. Returns where they are. */
export async function brokersArePlanned(admin: Admin, expected: Expectation, deadline: Deadline): Promise<Address[]> {
  let brokers: Address[] = [];
  await deadline.waitUntil("brokers as planned", async () => {
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
export function quorumIsPlanned(brokers: Address[], expected: Expectation, deadline: Deadline): Promise<void> {
  const kafka = new Connection(brokers);
  return deadline.waitUntil("a metadata quorum as planned", async () => {
    const { voters } = await quorumOf(kafka);
    return quorumProblems(
      expected,
      voters.map(({ id }) => id),
    );
  });
}

/** Waits until every partition of the cluster is in sync and every broker leads some of the topic. */
export function layoutIsPlanned(admin: Admin, topic: string, expected: Expectation, deadline: Deadline): Promise<void> {
  return deadline.waitUntil("partitions as planned", async () => [
    ...topicProblems(expected, await describeTopic(admin, topic)),
    ...replicaProblems(await describeTopics(admin)),
  ]);
}
