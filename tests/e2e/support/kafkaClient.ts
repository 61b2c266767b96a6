import { spawn } from "node:child_process";
import * as path from "node:path";

import { clientProgram } from "./clientProgram";
import type { Kubectl } from "./kubectl";

/** Result of client.py. */
export interface ClientReport {
  acknowledged: number;
  consumed: number;
  /** Distinct reasons why records were not acknowledged. */
  errors: string[];
  lost: number;
  duplicated: number;
  outOfOrder: number;
  longestStallSeconds: number;
}

export interface RunningClient {
  /** Ends the producer; the client then reads all records back and compares them. */
  end(): Promise<ClientReport>;
}

/** Starts client.py in a host's network, as the lab's clients run on hosts. */
export async function startClient(
  container: string,
  ...args: [bootstrap: string, topic: string, mode: "hello" | "stream"]
): Promise<RunningClient> {
  const [command, ...rest] = await clientProgram(container, path.join(__dirname, "client.py"), args);
  const child = spawn(command, rest);
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const closed = new Promise<number | null>((resolve) => child.on("close", resolve));
  return {
    async end() {
      child.stdin.end();
      const code = await closed;
      if (code !== 0) throw new Error(`the client ended with ${code}: ${stdout}${stderr}`);
      return JSON.parse(stdout) as ClientReport;
    },
  };
}

/** The first `count` records of a topic, as Kafka's console consumer prints them. */
export async function readRecords(kubectl: Kubectl, topic: string, count: number): Promise<string[]> {
  const pod = ["exec", "kafka-0", "--namespace", "kafka", "--"];
  const consumer = ["/opt/kafka/bin/kafka-console-consumer.sh", "--bootstrap-server", "localhost:9092"];
  const wanted = ["--topic", topic, "--from-beginning", "--max-messages", String(count), "--timeout-ms", "30000"];
  return (await kubectl.run(...pod, ...consumer, ...wanted)).trim().split("\n");
}
