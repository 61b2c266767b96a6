import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";

import { WebSocket, WebSocketServer } from "ws";

import { Tunnel } from "../../components/cluster/tunnel";

/** A tunnel, and its end on the pod's host. */
export interface OpenTunnel {
  readonly tunnel: Tunnel;
  readonly host: WebSocket;
}

/** Opens a tunnel on loopback. Its server accepts only this connection, and ends with it. */
export async function openTunnel(timeoutMs?: number): Promise<OpenTunnel> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await new Promise((resolve) => server.once("listening", resolve));
  const hosts = new Promise<WebSocket>((resolve) => server.once("connection", resolve));
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const tunnel = await new Promise<Tunnel>((resolve) =>
    socket.once("open", () => resolve(new Tunnel(socket, timeoutMs))),
  );
  server.close();
  return { tunnel, host: await hosts };
}

/** The connection below a WebSocket, to send bytes that aren't a WebSocket's. */
export function socketOf(socket: WebSocket): Duplex {
  return (socket as unknown as { _socket: Duplex })._socket;
}

/** A message on the channel for data. */
export function ofData(...bytes: readonly (Buffer | string)[]): Buffer {
  return message(0, bytes);
}

/** A message on the channel for errors. */
export function ofErrors(...bytes: readonly (Buffer | string)[]): Buffer {
  return message(1, bytes);
}

function message(channel: number, bytes: readonly (Buffer | string)[]): Buffer {
  return Buffer.concat([Buffer.from([channel]), ...bytes.map((each) => Buffer.from(each))]);
}

/** The port's number, which is the first message of each channel. */
export const PORT = Buffer.from([0x84, 0x23]);
