import { spawn } from "node:child_process";
import * as path from "node:path";

import { clientProgram } from "./clientProgram";
import type { Kubectl } from "./kubectl";

/** What the client that isn't ours found. */
export interface ClientReport {
  acknowledged: number;
  consumed: number;
  /** What kept records from being acknowledged, each once. */
  errors: string[];
  lost: number;
  duplicated: number;
  outOfOrder: number;
  longestStallSeconds: number;
}

export interface RunningClient {
  /** Ends the producer, lets it read everything back and compare. */
  end(): Promise<ClientReport>;
}

/** Starts the client in a host's network, where the lab's clients run as well. */
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

/** So many records of a topic from its beginning, as Kafka's own console prints them. */
export async function readRecords(kubectl: Kubectl, topic: string, count: number): Promise<string[]> {
  const pod = ["exec", "kafka-0", "--namespace", "kafka", "--"];
  const consumer = ["/opt/kafka/bin/kafka-console-consumer.sh", "--bootstrap-server", "localhost:9092"];
  const wanted = ["--topic", topic, "--from-beginning", "--max-messages", String(count), "--timeout-ms", "30000"];
  return (await kubectl.run(...pod, ...consumer, ...wanted)).trim().split("\n");
}
