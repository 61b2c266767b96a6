import * as net from "node:net";
import type { Duplex } from "node:stream";

/** Sends one request of Kafka's protocol and returns its response, both without their length in front. */
export type Ask = (host: string, port: number, request: Buffer) => Promise<Buffer>;

const TIMEOUT_MS = 10_000;

export const ask: Ask = (host, port, request) =>
  askOver(net.connect({ host: absoluteName(host), port, timeout: TIMEOUT_MS }), `${host}:${port}`, request);

/**
 * A DNS name that no search domain is added to: with a wildcard in a search domain (`*.corp.example`), a pod's resolver
 * would find any name there first that has fewer than five dots.
 *
 * @see resolv.conf(5), `ndots`
 */
export function absoluteName(host: string): string {
  return net.isIP(host) !== 0 || !host.includes(".") || host.endsWith(".") ? host : `${host}.`;
}

/**
 * As `ask`, over a connection of its own, which is closed then.
 *
 * @throws Error with the connection's own error as its cause
 */
export function askOver(connection: Duplex, name: string, request: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const size = Buffer.alloc(4);
    size.writeInt32BE(request.length);
    connection.write(Buffer.concat([size, request]));
    let received = Buffer.alloc(0);
    const end = (settle: () => void): void => {
      connection.destroy();
      settle();
    };
    connection.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 4) return;
      const length = received.readInt32BE(0);
      if (received.length >= 4 + length) end(() => resolve(received.subarray(4, 4 + length)));
    });
    const fail = (why: string, cause?: Error): void => end(() => reject(new Error(`${name}${why}`, { cause })));
    connection.on("timeout", () => fail(" did not answer"));
    connection.on("error", (error) => fail(`: ${error.message}`, error));
    connection.on("end", () => fail(" closed the connection"));
  });
}
