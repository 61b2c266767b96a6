import type { Admin } from "kafkajs";
import type { Expectation } from "../expectation";
import { clusterProblems, quorumProblems, replicaProblems, topicProblems } from "./checks";
import { describeQuorum } from "./describeQuorum";
import { describeTopic, describeTopics } from "./topic";
import type { Deadline } from "./waiting";

interface Address {
  host: string;
  port: number;
}

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
  let turn = 0;
  return deadline.waitUntil("a metadata quorum as planned", async () => {
    const { host, port } = brokers[turn++ % brokers.length]!;
    return quorumProblems(expected, await describeQuorum(host, port));
  });
}

/** Waits until every partition of the cluster is in sync and every broker leads some of the topic. */
export function layoutIsPlanned(admin: Admin, topic: string, expected: Expectation, deadline: Deadline): Promise<void> {
  return deadline.waitUntil("partitions as planned", async () => [
    ...topicProblems(expected, await describeTopic(admin, topic)),
    ...replicaProblems(await describeTopics(admin)),
  ]);
}
