import { duplexPair, type Duplex } from "node:stream";

import { Tunnel } from "../../../components/cluster/tunnel";
import { Unreachable } from "../../../components/cluster/unreachable";

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

function open(): { tunnel: Tunnel; client: Duplex; server: Duplex; read: () => Promise<Buffer> } {
  const [client, server] = duplexPair();
  const tunnel = new Tunnel(client);
  const read = () => new Promise<Buffer>((resolve, reject) => tunnel.once("data", resolve).once("error", reject));
  return { tunnel, client, server, read };
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

const error = (bytes: Buffer) => frame(Buffer.concat([Buffer.from([1]), bytes]));
const close = frame(Buffer.alloc(2), 8);
const opened = Buffer.concat([frame(data(port)), error(port)]);

describe("is an error of the pod, which says that it isn't well:", () => {
  test("its port is closed", async () => {
    const { server, read } = open();
    server.write(Buffer.concat([opened, error(Buffer.from("dial tcp4 127.0.0.1:9092: connect: connection refused"))]));
    const failure = read();
    await expect(failure).rejects.toThrow("connection refused");
    await expect(failure).rejects.not.toBeInstanceOf(Unreachable);
  });

  test("it is silent, though its host has been reached", async () => {
    const { server, client, read } = open();
    const failure = read();
    server.write(opened);
    setImmediate(() => client.emit("timeout"));
    await expect(failure).rejects.toThrow("its port was reached and stays silent");
    await expect(failure).rejects.not.toBeInstanceOf(Unreachable);
  });
});

describe("is a failure of the path, which says nothing about the pod:", () => {
  test.each<[string, (sides: { client: Duplex; server: Duplex }) => unknown, string]>([
    [
      "its host can't forward",
      ({ server }) => server.write(error(Buffer.from([1, 2, ...Buffer.from("no socat")]))),
      "no socat",
    ],
    ["nothing comes from its host", ({ client }) => client.emit("timeout"), "nothing comes from its host"],
    ["the connection breaks", ({ client }) => client.destroy(new Error("reset")), "reset"],
    [
      "it is closed without an answer",
      ({ server }) => server.write(Buffer.concat([opened, close])),
      "was closed before",
    ],
    ["it ends at once", ({ server }) => server.end(), "was closed before"],
  ])("%s", async (_what, happens, message) => {
    const sides = open();
    const failure = sides.read();
    happens(sides);
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toBeInstanceOf(Unreachable);
  });
});

test("what comes with the upgrade is read when somebody listens for its error", async () => {
  const [client, server] = duplexPair();
  server.end(close);
  const tunnel = await new Promise<Tunnel>((resolve) => setImmediate(() => resolve(new Tunnel(client))));
  await expect(new Promise((_resolve, reject) => tunnel.once("error", reject))).rejects.toThrow("was closed before");
});

test("the other side's end after an answer is an end", async () => {
  const { tunnel, server } = open();
  const ended = new Promise((resolve) => tunnel.resume().once("end", resolve));
  server.write(Buffer.concat([opened, frame(data(Buffer.from("answer"))), close]));
  await ended;
});
