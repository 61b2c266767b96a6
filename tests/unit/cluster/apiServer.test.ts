import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";

import { ApiServer } from "../../../components/cluster/apiServer";
import { Unreachable } from "../../../components/cluster/unreachable";
import { certificate } from "../../support/certificate";

const name = "api.test";
const pem = certificate(name);
const base64 = (text: string) => Buffer.from(text).toString("base64");
const servers: Server[] = [];

/** An API server that answers each request so. */
async function answering(status: number, body: string): Promise<ApiServer> {
  const server = createServer({ key: pem, cert: pem }, (_request, response) => {
    response.writeHead(status).end(body);
  });
  // As a proxy does that passes on no upgrade: what it answers is an ordinary response.
  server.on("upgrade", (_request: unknown, socket: Duplex) => {
    socket.end(`HTTP/1.1 ${status} x\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return at(`https://127.0.0.1:${port}`);
}

function at(address: string): ApiServer {
  const cluster = { server: address, "tls-server-name": name, "certificate-authority-data": base64(pem) };
  const user = { "client-certificate-data": base64(pem), "client-key-data": base64(pem) };
  return new ApiServer(JSON.stringify({ clusters: [{ cluster }], users: [{ user }] }));
}

afterAll(() => Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve)))));

/** What it says of the path, where an answer fails with it. */
async function failureOf(answer: Promise<unknown>): Promise<{ message: string; status: number | undefined }> {
  const error: unknown = await answer.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Unreachable);
  const { message, status } = error as Unreachable;
  return { message, status };
}

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

test("a list that isn't given is one as well", async () => {
  const server = await answering(403, JSON.stringify({ message: "no" }));
  expect(await failureOf(server.list("/api/v1/nodes"))).toEqual({
    message: "/api/v1/nodes: the API server answered 403, no",
    status: 403,
  });
});

test("so is an API server that nobody listens for", async () => {
  const server = at("https://127.0.0.1:1");
  expect((await failureOf(server.list("/api/v1/nodes"))).message).toMatch("ECONNREFUSED");
  expect((await failureOf(server.connect("kafka", "kafka-0", 9092))).message).toMatch("ECONNREFUSED");
});
