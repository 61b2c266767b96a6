import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { reachable, unreachable } from "../../../toolchain/source/probe";

let server: Server;
let base: string;
let unanswered = 0;
beforeAll(async () => {
  server = createServer((request, response) => {
    const status = Number(request.url?.slice(1));
    if (status) response.writeHead(status).end();
    else unanswered += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => (unanswered = 0));
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const endpoint = (path: string) => ({ name: path, url: `${base}/${path}`, expected: [200, 401] });
/** Waits until the server has that many requests that it doesn't answer. */
const asked = async (count: number): Promise<void> => {
  while (unanswered < count) await new Promise(setImmediate);
};
/** A limit in milliseconds that a busy machine doesn't reach. */
const PATIENT = 60_000;

test.each([
  ["200", true],
  ["401", true],
  ["403", false],
  ["502", false],
])("an answer with status %s counts as reachable: %s", async (path, expected) => {
  expect(await reachable(endpoint(path), PATIENT)).toBe(expected);
});

test("a host is unreachable if it doesn't answer in time, its port is closed, or its name is unknown", async () => {
  const ended: string[] = [];
  const patient = reachable(endpoint("silence"), PATIENT).finally(() => ended.push("patient"));
  await asked(1);
  expect(await reachable(endpoint("silence"), 100).finally(() => ended.push("impatient"))).toBe(false);
  server.closeAllConnections();
  await patient;
  expect(ended).toEqual(["impatient", "patient"]);
  expect(await reachable({ name: "closed", url: "http://127.0.0.1:1/", expected: [200] }, PATIENT)).toBe(false);
  expect(await reachable({ name: "unknown", url: "http://nowhere.invalid/", expected: [200] })).toBe(false);
});

test("all hosts are asked at once, and those that don't answer are named", async () => {
  const endpoints = ["200", "silence", "silence too", "502"].map(endpoint);
  const names = unreachable(endpoints, PATIENT);
  await asked(2); // asked one after the other, the second never gets its turn
  server.closeAllConnections();
  expect(await names).toEqual(["silence", "silence too", "502"]);
});
