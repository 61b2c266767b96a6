/**
 * A load balancer's front end: a listener that sends connections on to backends which answer their health check, and only
 * those of clients whom the firewall lets in. Google's passes packets on instead; for a client it looks the same.
 */
import { readFileSync, watchFile } from "node:fs";
import * as https from "node:https";
import * as net from "node:net";

import type { Backend, FrontEnd } from "./machines";

const file = process.argv[2]!;
let { port, check, backends } = read();
/** Answers in a row, by address: above 0 good ones, below 0 bad ones. */
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

/** For ever, at the check's interval. */
async function probeAll(): Promise<void> {
  const probed = backends.filter((backend) => backend.probed);
  await Promise.all(probed.map(probe));
  for (const address of healthy) if (!probed.some((backend) => backend.address === address)) healthy.delete(address);
  setTimeout(() => void probeAll(), check.intervalSeconds * 1000);
}

function read(): FrontEnd {
  return JSON.parse(readFileSync(file, "utf8")) as FrontEnd;
}

/** Any that is well. (Where none is, Google sends to all of them: nothing may count on that.) */
function choose(client: string): Backend | undefined {
  const candidates = backends
    .filter(({ address }) => healthy.has(address))
    .filter(({ sources }) => sources.some((range) => contains(range, client)));
  return candidates[Math.floor(Math.random() * candidates.length)];
}

async function probe({ address }: Backend): Promise<void> {
  const good = await answers(address);
  const before = streaks.get(address) ?? 0;
  const streak = good ? Math.max(before, 0) + 1 : Math.min(before, 0) - 1;
  streaks.set(address, streak);
  if (streak >= check.healthyAfter) healthy.add(address);
  if (-streak >= check.unhealthyAfter) healthy.delete(address);
}

function answers(address: string): Promise<boolean> {
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
