import * as fs from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";

import { mayHeal, UnreadableAnswer } from "../../../../components/failures";
import { PodApiClient } from "../../../../components/programs/inPod/podApiClient";
import { certificate } from "../../../support/certificate";

const account = fs.mkdtempSync(path.join(os.tmpdir(), "account-"));
const pem = certificate("localhost");
const requests: string[] = [];
let server: Server;
let answer: (response: ServerResponse) => unknown;
beforeEach(() => (answer = (response) => response.writeHead(200).end("{}")));

beforeAll(async () => {
  fs.writeFileSync(path.join(account, "ca.crt"), pem);
  fs.writeFileSync(path.join(account, "token"), "t");
  server = createServer({ key: pem, cert: pem }, (request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += String(chunk)));
    request.on("end", () => {
      requests.push(`${request.method} ${request.url} ${body}`);
      answer(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  process.env["KUBERNETES_SERVICE_HOST"] = "localhost";
  process.env["KUBERNETES_SERVICE_PORT"] = String((server.address() as AddressInfo).port);
});

afterAll(async () => {
  delete process.env["KUBERNETES_SERVICE_HOST"];
  delete process.env["KUBERNETES_SERVICE_PORT"];
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  fs.rmSync(account, { recursive: true });
});

test("objects are deleted one after the other, each with its options", async () => {
  const kubernetes = new PodApiClient(account);
  for (const name of ["claims/a", "pods/b"]) await kubernetes.remove(`/${name}`);
  const how = JSON.stringify({ propagationPolicy: "Foreground" });
  expect(requests).toEqual([`DELETE /claims/a ${how}`, `DELETE /pods/b ${how}`]);
});

test("bytes are counted, not characters", async () => {
  requests.length = 0;
  await new PodApiClient(account).patch("/x", { name: "é" });
  expect(requests).toEqual([`PATCH /x ${JSON.stringify({ name: "é" })}`]);
});

test("an answer that breaks off can't be read", async () => {
  answer = (response) => {
    response.writeHead(200, { "content-length": 100 }).write("{");
    setImmediate(() => response.destroy());
  };
  const reading = new PodApiClient(account).get("/x");
  await expect(reading).rejects.toThrow(UnreadableAnswer);
  await expect(reading).rejects.toThrow(/the API server's answer broke off$/);
  await expect(reading).rejects.toMatchObject({ cause: { message: "aborted" } });
});

test("an answer that isn't JSON can't be read", async () => {
  answer = (response) => response.writeHead(200).end("<html>");
  const reading = new PodApiClient(account).get("/x");
  await expect(reading).rejects.toThrow(UnreadableAnswer);
  await expect(reading).rejects.toThrow(/^the API server's answer to \/x can't be read: /);
});

test("an answer without items is not an empty list", async () => {
  const listing = new PodApiClient(account).list("/pods");
  await expect(listing).rejects.toThrow(UnreadableAnswer);
  await expect(listing).rejects.toThrow("the API server's answer to /pods has no list of items");
});

test("a missing object reads as undefined and needs no deletion; any other refusal fails with its reason", async () => {
  const kubernetes = new PodApiClient(account);
  const refused = (status: number) => (response: ServerResponse) =>
    response.writeHead(status).end(JSON.stringify({ kind: "Status", message: "why" }));
  answer = refused(404);
  expect(await kubernetes.find("/x")).toBeUndefined();
  await kubernetes.remove("/x");
  answer = refused(403);
  await expect(kubernetes.find("/x")).rejects.toMatchObject({
    message: "/x: the API server answered 403, why",
    status: 403,
  });
  await expect(kubernetes.remove("/x")).rejects.toThrow("DELETE /x: the API server answered 403, why");
});

test("a request that is wrong in itself is never repeated; one that is refused for now may be", async () => {
  const outcomeOf = async (status: number): Promise<boolean> => {
    answer = (response) => response.writeHead(status).end(JSON.stringify({ kind: "Status", message: "why" }));
    return new PodApiClient(account).patch("/x", {}).then(() => true, mayHeal);
  };
  for (const status of [400, 405, 413, 415, 422]) expect([status, await outcomeOf(status)]).toEqual([status, false]);
  for (const status of [401, 403, 404, 409, 429, 500, 503])
    expect([status, await outcomeOf(status)]).toEqual([status, true]);
});

test("each request carries the token's present value", async () => {
  const kubernetes = new PodApiClient(account);
  const tokens: (string | undefined)[] = [];
  server.on("request", (request: IncomingMessage) => tokens.push(request.headers.authorization));
  await kubernetes.get("/x");
  fs.writeFileSync(path.join(account, "token"), "renewed");
  await kubernetes.create("/x", {});
  expect(tokens).toEqual(["Bearer t", "Bearer renewed"]);
});
