import { duplexPair, type Duplex } from "node:stream";

import { Tunnel } from "../../../components/cluster/tunnel";

const port = Buffer.from([0x84, 0x23]);
const data = (bytes: Buffer) => Buffer.concat([Buffer.from([0]), bytes]);

/** A server's frame: not masked, with its length in as few bytes as it takes. */
function frame(payload: Buffer, kind = 2): Buffer {
  const { length } = payload;
  const long = Buffer.alloc(length < 126 ? 0 : length <= 0xffff ? 2 : 8);
  if (long.length === 2) long.writeUInt16BE(length);
  if (long.length === 8) long.writeBigUInt64BE(BigInt(length));
  const short = length < 126 ? length : length <= 0xffff ? 126 : 127;
  return Buffer.concat([Buffer.from([0x80 | kind, short]), long, payload]);
}

/** The payload of a client's frame. */
function unmasked(bytes: Buffer): Buffer {
  expect(bytes[0]).toBe(0x82);
  expect(bytes[1]! & 0x80).toBe(0x80);
  const start = (bytes[1]! & 0x7f) === 126 ? 4 : 2;
  const mask = bytes.subarray(start, start + 4);
  return Buffer.from(bytes.subarray(start + 4).map((byte, at) => byte ^ mask[at % 4]!));
}

function open(): { tunnel: Tunnel; server: Duplex; read: () => Promise<Buffer> } {
  const [client, server] = duplexPair();
  const tunnel = new Tunnel(client);
  const read = () => new Promise<Buffer>((resolve, reject) => tunnel.once("data", resolve).once("error", reject));
  return { tunnel, server, read };
}

test.each([5, 126, 0xffff, 70_000])("%i bytes come as they were sent, without the port in front", async (length) => {
  const { server, read } = open();
  const bytes = Buffer.alloc(length, "kafka");
  server.write(Buffer.concat([frame(data(port)), frame(data(bytes))]));
  expect(await read()).toEqual(bytes);
});

test("a frame may come in pieces", async () => {
  const { server, read } = open();
  const sent = frame(data(Buffer.concat([port, Buffer.from("answer")])));
  const answer = read();
  for (const byte of sent) server.write(Buffer.from([byte]));
  expect(String(await answer)).toBe("answer");
});

test.each([5, 200, 70_000])("%i bytes are sent masked, in frames that need no long length", async (length) => {
  const { tunnel, server } = open();
  const frames: Buffer[] = [];
  server.on("data", (bytes: Buffer) => frames.push(bytes));
  const bytes = Buffer.alloc(length, "kafka");
  await new Promise<void>((resolve) => tunnel.write(bytes, () => setImmediate(resolve)));
  const payloads = frames.map(unmasked);
  expect(payloads.every((payload) => payload[0] === 0 && payload.length <= 0xffff)).toBe(true);
  expect(Buffer.concat(payloads.map((payload) => payload.subarray(1)))).toEqual(bytes);
});

test("what the other side says of an error is the error", async () => {
  const { server, read } = open();
  const answer = read();
  const error = (bytes: Buffer) => frame(Buffer.concat([Buffer.from([1]), bytes]));
  server.write(Buffer.concat([error(port), error(Buffer.from("connection refused"))]));
  await expect(answer).rejects.toThrow("connection refused");
});

test("the other side's end is an end", async () => {
  const { tunnel, server } = open();
  const ended = new Promise((resolve) => tunnel.resume().once("end", resolve));
  server.write(frame(Buffer.alloc(2), 8));
  await ended;
});
