import { setTimeout } from "node:timers/promises";
import * as tls from "node:tls";

/** The certificate that an API server showed at a time. Times are in seconds since 1970. */
export interface Served {
  readonly host: string;
  readonly at: number;
  readonly serial: string;
  readonly end: number;
}

/** Certificates that an API server has shown. */
export interface ServedByHost {
  readonly count: number;
  /** Validity that was left when it was least, in seconds; negative for a certificate that had ended. */
  readonly leastSecondsLeft: number;
}

/** Groups what was seen by host. */
export function byHost(all: readonly Served[]): Record<string, ServedByHost> {
  const groups = Map.groupBy(all, ({ host }) => host);
  return Object.fromEntries(
    [...groups].map(([host, served]) => [
      host,
      {
        count: new Set(served.map(({ serial }) => serial)).size,
        leastSecondsLeft: Math.min(...served.map(({ at, end }) => end - at)),
      },
    ]),
  );
}

const INTERVAL_MS = 5000;

/**
 * Looks at the API servers' certificates for a time. An API server that doesn't answer while it restarts is passed
 * over.
 */
export async function watchServed(
  hosts: readonly { name: string; address: string }[],
  seconds: number,
): Promise<Served[]> {
  const found: Served[] = [];
  const deadline = Date.now() + seconds * 1000;
  while (Date.now() < deadline) {
    const answers = await Promise.allSettled(hosts.map(({ name, address }) => certificateOf(name, address)));
    found.push(...answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : [])));
    await setTimeout(INTERVAL_MS);
  }
  return found;
}

function certificateOf(host: string, address: string): Promise<Served> {
  return new Promise((resolve, reject) => {
    // A certificate that has ended is to be seen, not refused.
    const socket = tls.connect({ host: address, port: 6443, rejectUnauthorized: false, timeout: 3000 }, () => {
      const { serialNumber, valid_to: end } = socket.getPeerCertificate();
      socket.destroy();
      resolve({ host, at: Date.now() / 1000, serial: serialNumber, end: Date.parse(end) / 1000 });
    });
    socket.on("error", reject);
    socket.on("timeout", () => socket.destroy(new Error(`${host} doesn't answer`)));
  });
}
