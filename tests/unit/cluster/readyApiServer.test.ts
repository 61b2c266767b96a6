import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";

import * as pulumi from "@pulumi/pulumi";
import { unknown } from "@pulumi/pulumi/output";

import { ApiClient } from "../../../components/cluster/apiClient";
import { readyApiServer } from "../../../components/cluster/readyApiServer";
import { certificate } from "../../support/certificate";

const name = "api.test";

const servers: Server[] = [];
const [ours, others] = [certificate(name), certificate(name)];

async function apiServer(status: number, pem = ours): Promise<string> {
  const server = createServer({ key: pem, cert: pem }, (request, response) => {
    response.writeHead(request.url === "/readyz" ? status : 404).end();
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** @returns undefined if the choice isn't known yet */
async function chosen(...apiServers: [unknown, ...unknown[]]): Promise<string | undefined> {
  const [first, ...rest] = apiServers.map((each) => pulumi.output(each as string));
  const output = readyApiServer([first!, ...rest], name, pulumi.output(ours)) as pulumi.Output<string> & {
    promise(): Promise<string>;
    isKnown: Promise<boolean>;
  };
  return (await output.isKnown) ? output.promise() : undefined;
}

afterAll(() => Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve)))));

test("a single API server is used without asking it", async () => {
  expect(await chosen("127.0.0.1:1")).toBe("127.0.0.1:1");
});

test("the first ready one is used, even if later ones aren't known yet", async () => {
  const ready = await apiServer(200);
  expect(await chosen(ready, unknown)).toBe(ready);
  expect(await chosen("127.0.0.1:1", ready, unknown)).toBe(ready);
});

test("one that isn't ready is skipped, and so is another cluster's", async () => {
  const ready = await apiServer(200);
  expect(await chosen(await apiServer(500), await apiServer(200, others), ready)).toBe(ready);
});

test("if none is ready, the first is used", async () => {
  expect(await chosen("127.0.0.1:1", await apiServer(500))).toBe("127.0.0.1:1");
});

test("the choice is unknown while an address to ask is unknown", async () => {
  expect(await chosen("127.0.0.1:1", unknown)).toBeUndefined();
});

test("an invalid address is a mistake, and doesn't count as an API server that isn't ready", async () => {
  const isReady = new ApiClient(() => ({ hostname: "127.0.0.1", port: 70_000 })).isReady();
  await expect(isReady).rejects.toMatchObject({ name: "RangeError" });
});
