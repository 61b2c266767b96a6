import { spawn } from "node:child_process";
import * as path from "node:path";

import { load } from "js-yaml";

import { clientProgram } from "../support/clientProgram";

export interface ApiLoadReport {
  requests: number;
  /** Requests that did not succeed at the first attempt. */
  retried: number;
  /** Requests that did not succeed within 10 seconds. */
  failed: number;
  longestStallSeconds: number;
}

interface Kubeconfig {
  clusters: [{ cluster: { "certificate-authority-data": string } }];
  users: [{ user: { "client-certificate-data": string; "client-key-data": string } }];
}

/**
 * Runs a change while a client sends requests to the API server. The client takes the same path as a worker's kubelet: through the
 * proxy on the worker's loopback.
 *
 * @param change gets a function by which the client uses another kubeconfig from then on
 */
export async function underApiLoad(
  worker: string,
  kubeconfig: string,
  change: (use: (kubeconfig: string) => void) => Promise<void>,
): Promise<ApiLoadReport> {
  const script = path.join(__dirname, "api_client.py");
  const [command, ...rest] = await clientProgram(worker, script, ["127.0.0.1", "6443", "api.kubeadm-kafka.internal"]);
  const client = spawn(command, rest, { stdio: ["pipe", "pipe", "inherit"] });
  const use = (text: string): void => {
    const { clusters, users } = load(text) as Kubeconfig;
    const { user } = users[0];
    const credentials = [
      clusters[0].cluster["certificate-authority-data"],
      user["client-certificate-data"],
      user["client-key-data"],
    ];
    client.stdin.write(credentials.map((line) => `${line}\n`).join(""));
  };
  use(kubeconfig);
  let printed = "";
  client.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  const closed = new Promise((resolve) => client.on("close", resolve));
  try {
    await change(use);
  } finally {
    client.stdin.end();
    await closed;
  }
  return JSON.parse(printed) as ApiLoadReport;
}
