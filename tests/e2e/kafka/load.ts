import type { ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { createInterface } from "node:readline";

import { eventually } from "../../support/eventually";
import { workFolder } from "../../support/stack";
import { askProgram, type ClientSide, startProgram } from "./clientPrograms";
import { judge, type ByPartition, type Verdict } from "./judge";
import type { RunningKafka } from "./runningKafka";

/** The file that load.py writes at its end. */
interface Journal {
  readonly run: string;
  readonly acknowledged: ByPartition;
  readonly consumed: ByPartition;
  readonly errors: readonly string[];
  readonly longestStallSeconds: number;
  readonly longestDelaySeconds: number;
}

/** The outcome of a load. Except for `acknowledged`, `resentByClient` and the times, all values have to be 0 or empty. */
export interface Outcome extends Verdict {
  /** Distinct reasons why records were not acknowledged. */
  readonly errors: readonly string[];
  /** Longest time from sending a record to its acknowledgement. */
  readonly longestStallSeconds: number;
  /** Longest time from sending a record to its arrival at the consumer group. */
  readonly longestDelaySeconds: number;
}

/** The values that every `Outcome` has to have. */
export const unharmed = { lost: 0, duplicated: 0, outOfOrder: 0, missedByGroup: 0, errors: [] };

/** Number of further records that show that a load continues. */
const FURTHER_RECORDS = 500;

/** A producer and a consumer group that use a topic of their own while Kafka changes. */
export class Load {
  private progress = { acknowledged: 0, consumed: 0 };
  private stderr = "";

  private constructor(
    private readonly topic: string,
    private readonly child: ChildProcess,
  ) {
    createInterface(child.stdout!).on("line", (line) => (this.progress = JSON.parse(line) as typeof this.progress));
    child.stderr!.setEncoding("utf8").on("data", (text: string) => (this.stderr = (this.stderr + text).slice(-4000)));
  }

  /**
   * Makes a change while a load runs. @returns the load's outcome
   *
   * @param replicas replication factor of the load's topic
   */
  static async during(
    side: ClientSide,
    kafka: RunningKafka,
    topic: string,
    replicas: number,
    change: (load: Load) => Promise<void>,
  ): Promise<Outcome> {
    const load = await Load.start(side, topic, replicas);
    try {
      await load.continues();
      await change(load);
      await load.continues();
      await load.end();
    } finally {
      load.child.kill();
    }
    return outcomeOf(side, kafka, topic);
  }

  private static async start(side: ClientSide, topic: string, replicas: number): Promise<Load> {
    const child = await startProgram(
      side.container,
      "load.py",
      side.bootstrapServers,
      topic,
      String(replicas),
      journalOf(topic),
    );
    return new Load(topic, child);
  }

  /** Returns when more records are acknowledged and consumed than now. */
  async continues(): Promise<void> {
    const { acknowledged, consumed } = this.progress;
    await eventually(120, async () => {
      if (this.child.exitCode !== null) throw new Error(`the load on ${this.topic} ended: ${this.stderr}`);
      const now = this.progress;
      if (now.acknowledged < acknowledged + FURTHER_RECORDS || now.consumed < consumed + FURTHER_RECORDS) {
        throw new Error(`the load on ${this.topic} stands still: ${JSON.stringify(now)} ${this.stderr}`);
      }
    });
  }

  private async end(): Promise<void> {
    const closed = new Promise<number | null>((resolve) => this.child.on("close", resolve));
    this.child.stdin!.end();
    const code = await closed;
    if (code !== 0) throw new Error(`the load on ${this.topic} ended with ${code}: ${this.stderr}`);
  }
}

/** The outcome of a load that has ended, by the current log of its topic. */
export async function outcomeOf(side: ClientSide, kafka: RunningKafka, topic: string): Promise<Outcome> {
  const journal = JSON.parse(fs.readFileSync(journalOf(topic), "utf8")) as Journal;
  const { acknowledged, consumed, errors, longestStallSeconds, longestDelaySeconds } = journal;
  const log = await askProgram<ByPartition>(side.container, "read_log.py", side.bootstrapServers, topic, journal.run);
  const epochOf = await kafka.producerEpochs(topic);
  return { ...judge(acknowledged, log, consumed, epochOf), errors, longestStallSeconds, longestDelaySeconds };
}

function journalOf(topic: string): string {
  return path.join(workFolder, `journal-${topic}.json`);
}
