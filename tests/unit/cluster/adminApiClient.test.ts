import type * as nodeDns from "node:dns";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";

import { type WebSocket, WebSocketServer } from "ws";

import { AdminApiClient } from "../../../components/cluster/adminApiClient";
import { Unreachable } from "../../../components/cluster/unreachable";
import { lookupOf } from "../../support/lookup";
import { certificate } from "../../support/certificate";
import { ofData, ofErrors, PORT, socketOf } from "../../support/tunnel";

const name = "api.test";
const pem = certificate(name);
const base64 = (text: string) => Buffer.from(text).toString("base64");
const servers: Server[] = [];

/** An API server that answers each request by this handler. */
async function answering(status: number, body: string): Promise<AdminApiClient> {
  const server = createServer({ key: pem, cert: pem }, (_request, response) => {
    response.writeHead(status).end(body);
  });
  // A proxy that doesn't support upgrades answers with an ordinary response, too.
  server.on("upgrade", (_request: unknown, socket: Duplex) => {
    socket.end(`HTTP/1.1 ${status} x\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return apiServerAt(`https://127.0.0.1:${port}`);
}

function apiServerAt(address: string): AdminApiClient {
  const cluster = { server: address, "tls-server-name": name, "certificate-authority-data": base64(pem) };
  const user = { "client-certificate-data": base64(pem), "client-key-data": base64(pem) };
  return new AdminApiClient(JSON.stringify({ clusters: [{ cluster }], users: [{ user }] }));
}

afterAll(() => Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve)))));

/** The message of the error with which an answer fails. */
async function failureOf(answer: Promise<unknown>): Promise<{ message: string; status: number | undefined }> {
  const error: unknown = await answer.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Unreachable);
  const { message, status } = error as Unreachable;
  return { message, status };
}

test("a name with two addresses of which neither answers is a failure of the path, with both reasons", async () => {
  const dns = jest.requireActual<typeof nodeDns>("node:dns");
  const lookup = jest.spyOn(dns, "lookup").mockImplementation(lookupOf("127.0.0.1", "127.0.0.2") as never);
  const server = apiServerAt("https://two.test:1");
  const message = "connect ECONNREFUSED 127.0.0.1:1; connect ECONNREFUSED 127.0.0.2:1";
  expect(await failureOf(server.get("/readyz"))).toEqual({ message, status: undefined });
  expect(await failureOf(server.connect("kafka", "kafka-0", 9092))).toEqual({ message, status: undefined });
  lookup.mockRestore();
});

const forbidden = 'pods "kafka-0" is forbidden: User "u" cannot get resource "pods/portforward"';

test.each([
  [403, JSON.stringify({ kind: "Status", message: forbidden }), `403, ${forbidden}`],
  [502, JSON.stringify({ message: "error dialing backend: i/o timeout" }), "502, error dialing backend: i/o timeout"],
  [400, "<html>Bad Request</html>", "400"],
])("an answer of %i to port-forward is a failure of the path, with the reason", async (status, body, reason) => {
  const server = await answering(status, body);
  expect(await failureOf(server.connect("kafka", "kafka-0", 9092))).toEqual({
    message: `port-forward to kafka-0: the API server answered ${reason}`,
    status,
  });
});

test("a missing list is an error as well", async () => {
  const server = await answering(403, JSON.stringify({ message: "no" }));
  expect(await failureOf(server.list("/api/v1/nodes"))).toEqual({
    message: "/api/v1/nodes: the API server answered 403, no",
    status: 403,
  });
});

test("a port without an API server is an error as well", async () => {
  const server = apiServerAt("https://127.0.0.1:1");
  expect((await failureOf(server.list("/api/v1/nodes"))).message).toMatch("ECONNREFUSED");
  expect((await failureOf(server.connect("kafka", "kafka-0", 9092))).message).toMatch("ECONNREFUSED");
});

describe("a port that is forwarded", () => {
  const hosts: WebSocket[] = [];
  afterEach(() => hosts.splice(0).forEach((host) => host.terminate()));

  /** Both ends of a forwarded connection: the client's, and the host's, which has sent the port's number. */
  async function forwarded(): Promise<{ tunnel: Duplex; host: WebSocket }> {
    const server = createServer({ key: pem, cert: pem });
    const sockets = new WebSocketServer({ server });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const connected = new Promise<WebSocket>((resolve) => sockets.on("connection", resolve));
    const tunnel = await apiServerAt(`https://127.0.0.1:${(server.address() as AddressInfo).port}`).connect(
      "k",
      "kafka-0",
      9092,
    );
    const host = await connected;
    hosts.push(host);
    expect(host.protocol).toBe("v4.channel.k8s.io");
    host.send(ofData(PORT));
    host.send(ofErrors(PORT));
    return { tunnel, host };
  }

  /** Reads a tunnel until `length` bytes have arrived. */
  function bytesFrom(tunnel: Duplex, count: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      let received = Buffer.alloc(0);
      tunnel.on("error", reject);
      tunnel.on("data", (chunk: Buffer) => {
        received = Buffer.concat([received, chunk]);
        if (received.length >= count) resolve(received);
      });
    });
  }

  test("passes on every byte of a fragmented answer, and answers a ping between the fragments", async () => {
    const { tunnel, host } = await forwarded();
    const pong = new Promise<string>((resolve) => host.on("pong", (data) => resolve(String(data))));
    const answer = bytesFrom(tunnel, 12);
    host.send(ofData(Buffer.from("kaf")), { fin: false });
    host.ping("alive?");
    host.send(Buffer.from("ka-0 "), { fin: false });
    host.send(Buffer.from("well"), { fin: true });
    expect(String(await answer)).toBe("kafka-0 well");
    expect(await pong).toBe("alive?");
    tunnel.destroy();
  });

  test.each([5, 126, 0xffff, 70_000, 300_000])("passes on %i bytes either way", async (length) => {
    const { tunnel, host } = await forwarded();
    const bytes = Buffer.alloc(length, "kafka");
    const sent = new Promise<Buffer>((resolve) => {
      let received = Buffer.alloc(0);
      host.on("message", (message: Buffer) => {
        expect(message[0]).toBe(0);
        received = Buffer.concat([received, message.subarray(1)]);
        if (received.length >= length) resolve(received);
      });
    });
    tunnel.write(bytes);
    expect((await sent).equals(bytes)).toBe(true);
    const answer = bytesFrom(tunnel, length);
    host.send(ofData(bytes));
    expect((await answer).equals(bytes)).toBe(true);
    tunnel.destroy();
  });

  test.each<[string, (host: WebSocket) => void]>([
    ["closed", (host) => host.close()],
    ["cut", (host) => host.terminate()],
    [
      "said to be closed, and left open,",
      (host) => {
        host.pause();
        socketOf(host).write(Buffer.from([0x88, 0]));
      },
    ],
    [
      "closed in the middle of a message",
      (host) => host.send(ofData(Buffer.from("kaf")), { fin: false }, () => host.close()),
    ],
  ])("that is %s before an answer tells nothing of the pod", async (_how, end) => {
    const { tunnel, host } = await forwarded();
    const failure = bytesFrom(tunnel, 1);
    end(host);
    await expect(failure).rejects.toBeInstanceOf(Unreachable);
    await expect(failure).rejects.toThrow("the connection was closed before an answer came");
  });

  test("is closed on the host when the client is done", async () => {
    const { tunnel, host } = await forwarded();
    const closed = new Promise((resolve) => host.on("close", resolve));
    tunnel.destroy();
    await closed;
  });
});
