import * as path from "node:path";
import * as fs from "node:fs";

import { output } from "../../support/shell";
import { isClear, meanRatio, type MeanRatio } from "./meanRatio";

/** The ratio is the throughput of the broker in the pod, divided by the bare broker's in the same round. */
export interface Comparison extends MeanRatio {
  /** Megabytes per second of each round, in their order. */
  inPod: number[];
  bare: number[];
}

export interface Contest {
  /** Container of the host that runs the pod. */
  host: string;
  pod: string;
  podAddress: string;
  /** The ratio that is required. */
  limit: number;
}

const WARM_UP_ROUNDS = 3;
const FEWEST_ROUNDS = 9;
/** They take about five minutes. */
const MOST_ROUNDS = 36;
const RECORDS = 200_000;
const RECORD_BYTES = 1000;

/**
 * Compares the throughput of the broker in a pod with that of the same broker directly on the same host, in rounds of
 * kafka-producer-perf-test: one after the other, each of them first in every second round. Other load on the machine comes and
 * goes, so brokers are compared within a round, where it is much the same for both, and in as many rounds as it takes to see on
 * which side of the limit the ratio is. The topic has replication factor 1, producers
 * use acks=all, and the tool runs on that host for both.
 */
export async function compareWithBare({ host, pod, podAddress, limit }: Contest): Promise<Comparison> {
  const id = /\d+$/.exec(pod)![0];
  const hostAddress = (await output("docker", ["exec", host, "hostname", "--ip-address"])).trim().split(" ")[0]!;
  const servers = {
    inPod: { bootstrap: `${podAddress}:9094`, broker: id },
    bare: { bootstrap: `${hostAddress}:9094`, broker: "0" },
  };
  const found = { inPod: [] as number[], bare: [] as number[] };
  try {
    await onHost(host, "start", pod);
    for (const { bootstrap, broker } of Object.values(servers)) await createTopic(host, bootstrap, broker);
    const round = async (count: number): Promise<void> => {
      const order = count % 2 === 0 ? (["inPod", "bare"] as const) : (["bare", "inPod"] as const);
      for (const broker of order) found[broker].push(await megabytesPerSecond(host, servers[broker].bootstrap));
    };
    // The bare broker's JVM compiles during the first rounds, as the pod's has done long ago.
    for (let count = 0; count < WARM_UP_ROUNDS; count++) await round(count);
    found.inPod = [];
    found.bare = [];
    for (let count = 0; count < MOST_ROUNDS; count++) {
      await round(count);
      if (count + 1 >= FEWEST_ROUNDS && isClear(meanRatio(ratiosOf(found)), limit)) break;
    }
  } finally {
    await onHost(host, "stop");
  }
  return { ...found, ...meanRatio(ratiosOf(found)) };
}

async function createTopic(host: string, bootstrap: string, broker: string): Promise<void> {
  const assignment = Array(3).fill(broker).join(",");
  const config = "min.insync.replicas=1";
  await onHost(
    host,
    "tool",
    "kafka-topics",
    "--bootstrap-server",
    bootstrap,
    "--create",
    "--if-not-exists",
    "--topic",
    "perf",
    "--replica-assignment",
    assignment,
    "--config",
    config,
  );
}

async function megabytesPerSecond(host: string, bootstrap: string): Promise<number> {
  const text = await onHost(
    host,
    "tool",
    "kafka-producer-perf-test",
    "--topic",
    "perf",
    "--num-records",
    String(RECORDS),
    "--record-size",
    String(RECORD_BYTES),
    "--throughput",
    "-1",
    "--command-property",
    `bootstrap.servers=${bootstrap}`,
    "acks=all",
  );
  return Number(/\(([\d.]+) MB\/sec\)/.exec(text.trim().split("\n").at(-1)!)![1]);
}

async function onHost(host: string, ...args: readonly string[]): Promise<string> {
  const stdin = fs.readFileSync(path.join(__dirname, "bare.sh"), "utf8");
  return output("docker", ["exec", "--interactive", host, "bash", "-s", "--", ...args], { stdin });
}

function ratiosOf({ inPod, bare }: Pick<Comparison, "inPod" | "bare">): number[] {
  return inPod.map((speed, round) => speed / bare[round]!);
}
