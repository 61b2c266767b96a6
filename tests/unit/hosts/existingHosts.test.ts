import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import * as pulumi from "@pulumi/pulumi";

import { existingHosts, type ExistingHostsSsh } from "../../../components/hosts/existingHosts";
import { outputsOf } from "../../support/standIns";
import { valueOf } from "./declaredOnGcp";

jest.setTimeout(60_000);

const hostKey = "ssh-ed25519 key-of-the-bastion";
const bastion = { host: "bastion.lan", port: 2222, hostKey };

/** Pulumi's connections to two hosts, the second of which has its own SSH settings. */
async function connections(ssh: Partial<ExistingHostsSsh>, keyOfWorker = "ssh-ed25519 key-of-worker") {
  await pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs }) => ({ id: name, state: outputsOf({ type, name, inputs }) }),
    call: ({ inputs }) => inputs as Record<string, unknown>,
  });
  const hosts = existingHosts(
    {
      hosts: [
        { name: "master", role: "control-plane", address: "10.0.0.4", ssh: { hostKey: "ssh-ed25519 key-of-master" } },
        {
          name: "worker",
          role: "worker",
          address: "10.0.0.5",
          ssh: { port: 2022, user: "root", hostKey: keyOfWorker },
        },
      ],
      ssh: { user: "admin", port: 22, agent: false, ...ssh },
      privateKey: pulumi.output("PRIVATE KEY"),
    },
    {},
  );
  return Promise.all(hosts.map(({ connection }) => valueOf(connection)));
}

const privateKey = "PRIVATE KEY";
const patience = { dialErrorLimit: 3, perDialTimeout: 10 };
const master = { host: "10.0.0.4", port: 22, user: "admin", hostKey: "ssh-ed25519 key-of-master", ...patience };
const worker = { host: "10.0.0.5", port: 2022, user: "root", hostKey: "ssh-ed25519 key-of-worker", ...patience };

test("a host has the list's port and user, or its own", async () => {
  expect(await connections({})).toEqual([
    { ...master, privateKey },
    { ...worker, privateKey },
  ]);
});

test("Pulumi may reach a host at an IPv6 address, while other hosts reach it at its IPv4 address", async () => {
  const ssh = { host: "fd00::7", hostKey: "ssh-ed25519 key" };
  const [host] = existingHosts(
    {
      hosts: [{ name: "master", role: "control-plane", address: "10.0.0.4", ssh }],
      ssh: { user: "root", port: 22, agent: true },
      privateKey: pulumi.output(""),
    },
    {},
  );
  expect(await valueOf(host!.apiServer)).toBe("[fd00::7]:6443");
  expect(await valueOf(host!.connection)).toMatchObject({ host: "fd00::7", port: 22 });
});

test("a bastion's host key is pinned, and Pulumi logs in there with the same key, as the list's user or the bastion's own", async () => {
  const proxy = { ...bastion, user: "admin", privateKey, ...patience };
  expect(await connections({ bastion })).toEqual([
    { ...master, privateKey, proxy },
    { ...worker, privateKey, proxy },
  ]);
  const [through] = await connections({ bastion: { ...bastion, user: "jump" } });
  expect(through).toEqual({ ...master, privateKey, proxy: { ...proxy, user: "jump" } });
});

test("a host that is the bastion itself is reached directly", async () => {
  const [first, second] = await connections({ bastion: { host: "10.0.0.4", port: 22, hostKey } });
  expect(first).toEqual({ ...master, privateKey });
  expect(second).toHaveProperty("proxy.host", "10.0.0.4");
});

test("with an SSH agent the state has neither a key nor the socket, which differs at each login", async () => {
  const proxy = { ...bastion, user: "admin", ...patience };
  expect(await connections({ agent: true, bastion })).toEqual([
    { ...master, proxy },
    { ...worker, proxy },
  ]);
});

test("a learned key is the key of the first connection", async () => {
  const [, learned] = await connections({}, "learn");
  expect(learned).toEqual({ ...worker, privateKey, hostKey: "ssh-ed25519 host-key-of-worker-host-key" });
});

test("the request for a host key is retried while the host boots", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "learn-host-key-"));
  const keyscan = '#!/bin/sh\n[ -e "$0.tried" ] && echo "[$8]:$6 ssh-ed25519 AAAA"\ntouch "$0.tried"\n';
  fs.writeFileSync(path.join(folder, "ssh-keyscan"), keyscan, { mode: 0o755 });
  const script = path.join(__dirname, "../../../components/hosts/scripts/learn-host-key.sh");
  const env = { PATH: `${folder}:${process.env.PATH}`, HOST: "10.0.0.5", PORT: "2022" };
  const { stdout, stderr } = spawnSync("bash", [script], { encoding: "utf8", env });
  fs.rmSync(folder, { recursive: true });
  expect({ stdout, stderr }).toEqual({ stdout: "ssh-ed25519 AAAA\n", stderr: "" });
});
