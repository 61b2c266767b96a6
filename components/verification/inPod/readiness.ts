import { CatchingUp } from "../../kafka/changes/catchingUp";
import { askWith } from "../../kafka/protocol/ask";
import { Connection, parseAddresses, type Address } from "../../kafka/protocol/connection";
import { electPreferredLeaders, layoutOf } from "../../kafka/protocol/partitions";
import { quorumOf } from "../../kafka/protocol/quorum";
import { podCertificate } from "../../programs/inPod/podCertificate";
import type { Deadline } from "../../programs/inPod/waiting";
import type { Expectation } from "../expectation";
import { clusterProblems, idleBrokers, quorumProblems, replicaProblems, topicProblems } from "./checks";
import { ofTopic } from "./topic";

/** Waits until the brokers are exactly the planned ones. @returns their addresses */
export async function brokersArePlanned(expected: Expectation, deadline: Deadline): Promise<Address[]> {
  const kafka = new Connection(parseAddresses(expected.bootstrapServers), askWith(podCertificate));
  let found: Address[] = [];
  await deadline.waitWhileChanging("brokers as planned", async () => {
    const { clusterId, brokers } = await kafka.describe();
    found = brokers.map(({ host, port }) => ({ host, port }));
    return clusterProblems(expected, { clusterId: clusterId ?? "unknown", brokers: brokers.map(({ id }) => id) });
  });
  return found;
}

/** Waits until the metadata quorum's voters are exactly the planned ones. New ones join within seconds. */
export function quorumIsPlanned(kafka: Connection, expected: Expectation, deadline: Deadline): Promise<void> {
  return deadline.waitWhileChanging("a metadata quorum as planned", async () => {
    const { voters } = await quorumOf(kafka);
    return quorumProblems(
      expected,
      voters.map(({ id }) => id),
    );
  });
}

/**
 * Checks repeatedly that partitions are as planned. It remembers how much replicas lacked, to see whether they catch
 * up.
 */
export class PlannedLayout {
  private readonly catchingUp: CatchingUp;

  constructor(
    private readonly kafka: Connection,
    private readonly expected: Expectation,
  ) {
    this.catchingUp = new CatchingUp(kafka);
  }

  /**
   * Waits, as long as replicas catch up, until all partitions are in sync and every broker leads some of the topic's.
   */
  wait(topic: string, deadline: Deadline): Promise<void> {
    return deadline.waitWhileChanging("partitions as planned", () => this.problems(topic));
  }

  /** Problems of the topic and of the whole cluster. */
  async problems(topic: string): Promise<string[]> {
    const own = ofTopic((await layoutOf(this.kafka)).partitions, topic);
    // A broker that was away for a moment leads nothing until preferred leaders are elected.
    if (own.length > 0 && idleBrokers(this.expected, own).length > 0) {
      await electPreferredLeaders(this.kafka, [{ topic, partitions: own.map(({ partition }) => partition) }]);
    }
    return [...topicProblems(this.expected, own), ...(await this.clusterWideProblems())];
  }

  /** Problems of any partition in the cluster, with the bytes that replicas lack and the offline log directories. */
  async clusterWideProblems(): Promise<string[]> {
    const layout = await layoutOf(this.kafka);
    const problems = replicaProblems(layout.partitions);
    return problems.length === 0 ? [] : [...problems, ...(await this.catchingUp.describe(layout))];
  }
}
