import { CatchingUp } from "../../kafka/changes/catchingUp";
import { Connection, parseAddresses, type Address } from "../../kafka/protocol/connection";
import { electPreferredLeaders, layoutOf } from "../../kafka/protocol/partitions";
import { quorumOf } from "../../kafka/protocol/quorum";
import type { Deadline } from "../../programs/inPod/waiting";
import type { Expectation } from "../expectation";
import { clusterProblems, idleBrokers, quorumProblems, replicaProblems, topicProblems } from "./checks";
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

/** Whether partitions are as planned, asked again and again: what replicas lack is compared with the question before. */
export class PlannedLayout {
  private readonly catchingUp: CatchingUp;

  constructor(
    private readonly kafka: Connection,
    private readonly expected: Expectation,
  ) {
    this.catchingUp = new CatchingUp(kafka);
  }

  /** Waits until every partition of the cluster is in sync and every broker leads some of the topic; as long as replicas catch up. */
  wait(topic: string, deadline: Deadline): Promise<void> {
    return deadline.waitWhileChanging("partitions as planned", () => this.problems(topic));
  }

  /** What is wrong with the topic, and with the cluster as a whole. */
  async problems(topic: string): Promise<string[]> {
    const own = ofTopic((await layoutOf(this.kafka)).partitions, topic);
    // A broker that was away for a moment leads nothing until somebody gives it back what it prefers to lead.
    if (own.length > 0 && idleBrokers(this.expected, own).length > 0) {
      await electPreferredLeaders(this.kafka, [{ topic, partitions: own.map(({ partition }) => partition) }]);
    }
    return [...topicProblems(this.expected, own), ...(await this.clusterWideProblems())];
  }

  /** What is wrong with any partition of the cluster, how much its replicas lack, and the log directories that it may come from. */
  async clusterWideProblems(): Promise<string[]> {
    const layout = await layoutOf(this.kafka);
    const problems = replicaProblems(layout.partitions);
    return problems.length === 0 ? [] : [...problems, ...(await this.catchingUp.describe(layout))];
  }
}
