import * as net from "node:net";
import type { Duplex } from "node:stream";
import * as tls from "node:tls";
import { reasonOf } from "../../failures";

/**
 * Sends one request of Kafka's protocol and returns the response, both without the length prefix.
 *
 * @see https://kafka.apache.org/protocol
 */
export type Ask = (host: string, port: number, request: Buffer) => Promise<Buffer>;

const TIMEOUT_MS = 10_000;

/** Sends a request over a new TCP connection. */
export const ask: Ask = askWith(() => undefined);

/**
 * Sends requests over new connections, each with TLS if there is a certificate.
 *
 * @param certificate gives the client's certificate, or undefined for a connection without TLS
 */
export function askWith(certificate: () => TlsCertificate | undefined): Ask {
  return (host, port, request) => {
    const to = { host: absoluteName(host), port, timeout: TIMEOUT_MS };
    const own = certificate();
    const connection = own ? tls.connect({ ...to, ...own, ...serverName(host) }) : net.connect(to);
    return askOver(connection, `${host}:${port}`, request);
  };
}

/** A client's key and certificate, and the authorities that servers have to be of, as PEM. */
export interface TlsCertificate {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
}

/** The name that a server's certificate has to be for, without the dot at its end. An address is checked as it is. */
export function serverName(host: string): { servername?: string } {
  return net.isIP(host) !== 0 ? {} : { servername: host };
}

/**
 * A DNS name with a final dot, so that resolvers add no search domain. Pods try search domains first for names with
 * fewer than five dots, and one with a wildcard (`*.corp.example`) would answer for any name.
 *
 * @example "kafka-0.kafka.svc.cluster.local."
 * @see resolv.conf(5), `ndots`
 */
export function absoluteName(host: string): string {
  return net.isIP(host) !== 0 || !host.includes(".") || host.endsWith(".") ? host : `${host}.`;
}

/**
 * Sends a request over a given connection, and closes it afterwards.
 *
 * @param name name of the peer, for errors
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
    const fail = (reason: string, cause?: Error): void => end(() => reject(new Error(`${name}${reason}`, { cause })));
    connection.on("timeout", () => fail(" did not answer"));
    connection.on("error", (error) => fail(`: ${reasonOf(error)}`, error));
    connection.on("end", () => fail(" closed the connection"));
  });
}
