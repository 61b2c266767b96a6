/**
 * A load balancer's front end: it forwards the connections of clients that the firewall allows to backends that pass their health
 * check. Google's load balancer passes packets on instead, which looks the same to a client.
 */
import { readFileSync, watchFile } from "node:fs";
import * as https from "node:https";
import * as net from "node:net";

import type { Backend, FrontEnd } from "./cloudMachines";

const file = process.argv[2]!;
let { port, check, backends } = read();
/** Number of equal probe results in a row, by the backend's address: positive for successes, negative for failures. */
const streaks = new Map<string, number>();
const healthy = new Set<string>();

watchFile(file, { interval: 500 }, () => ({ port, check, backends } = read()));

net
  .createServer((client) => {
    client.on("error", () => client.destroy());
    const backend = choose(client.remoteAddress!.replace("::ffff:", ""));
    if (!backend) return client.resetAndDestroy();
    const server = net.connect(port, backend.address);
    server.on("error", () => client.destroy());
    client.on("close", () => server.destroy());
    server.on("close", () => client.destroy());
    client.pipe(server).pipe(client);
  })
  .listen(port);

void probeAll();

/** Probes all backends at the health check's interval, without end. */
async function probeAll(): Promise<void> {
  const probed = backends.filter((backend) => backend.probed);
  await Promise.all(probed.map(probe));
  for (const address of healthy) if (!probed.some((backend) => backend.address === address)) healthy.delete(address);
  setTimeout(() => void probeAll(), check.intervalSeconds * 1000);
}

function read(): FrontEnd {
  return JSON.parse(readFileSync(file, "utf8")) as FrontEnd;
}

/** A random healthy backend. If none is healthy, Google sends to all; this returns none, so that no test relies on that. */
function choose(client: string): Backend | undefined {
  const candidates = backends
    .filter(({ address }) => healthy.has(address))
    .filter(({ sources }) => sources.some((range) => contains(range, client)));
  return candidates[Math.floor(Math.random() * candidates.length)];
}

async function probe({ address }: Backend): Promise<void> {
  const passed = await passesCheck(address);
  const before = streaks.get(address) ?? 0;
  const streak = passed ? Math.max(before, 0) + 1 : Math.min(before, 0) - 1;
  streaks.set(address, streak);
  if (streak >= check.healthyAfter) healthy.add(address);
  if (-streak >= check.unhealthyAfter) healthy.delete(address);
}

function passesCheck(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { host: address, port: check.port, path: check.path, rejectUnauthorized: false, agent: false };
    const request = https.get({ ...options, timeout: check.timeoutSeconds * 1000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on("timeout", () => request.destroy(new Error("timeout")));
    request.on("error", () => resolve(false));
  });
}

function contains(range: string, address: string): boolean {
  const [first, prefix] = range.split("/") as [string, string];
  const block = new net.BlockList();
  block.addSubnet(first, Number(prefix));
  return block.check(address);
}
