import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { composeScript } from "../../../components/cluster/hostScript";

// Generous: it is about what happens, not about how busy the machine is.
jest.setTimeout(120_000);

const machine = fs.mkdtempSync(path.join(os.tmpdir(), "lock-"));
afterAll(() => fs.rmSync(machine, { recursive: true }));

const lock = path.join(machine, "run/lock/kubeadm-kafka.lock");

for (const folder of ["bin", "run/lock", "var/log", "var/lib"])
  fs.mkdirSync(path.join(machine, folder), { recursive: true });
// Where there is containerd, the real one waits for its daemon.
fs.writeFileSync(path.join(machine, "bin/ctr"), "#!/bin/sh\n", { mode: 0o755 });

/** Writes down how the host is, as a stack does before it changes anything. Waits so many seconds for the lock. */
function claim(stack: string, patience = 900): Promise<{ status: number; stderr: string }> {
  const inputs = { CLUSTER: stack, POD_CIDR: "10.244.0.0/16", VOLUMES_PATH: `${machine}/volumes` };
  const script = composeScript("worker", { name: "prepare", create: ["original"] }, inputs)
    .replaceAll(/\/(run\/|var\/log\/kubeadm|var\/lib\/kubeadm)/g, `${machine}/$1`)
    .replace("--wait 900", `--wait ${patience}`);
  return new Promise((resolve) => {
    const bash = spawn("bash", ["-s", "--", "create"], {
      stdio: ["pipe", "ignore", "pipe"],
      env: { PATH: `${machine}/bin:${process.env.PATH}` },
    });
    let stderr = "";
    bash.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    bash.on("close", (code) => resolve({ status: code!, stderr }));
    bash.stdin.end(script);
  });
}

test("of two stacks that reach for a host at the same moment one gets it, and the other is told which", async () => {
  const [one, other] = await Promise.all([claim("project/one"), claim("project/other")]);
  const [refused, owner] = one.status === 0 ? [other, "project/one"] : [one, "project/other"];
  expect([one.status, other.status].sort()).toEqual([0, 1]);
  expect(refused.stderr).toBe(`worker: prepare: this host belongs to ${owner}; destroy that first [KK707]\n`);
  expect(await claim(owner)).toEqual({ status: 0, stderr: "" });
});

test("while one script works on a host, no other does", async () => {
  const holder = spawn("flock", [lock, "bash", "-c", "echo; cat"], { stdio: ["pipe", "pipe", "ignore"] });
  await new Promise((resolve) => holder.stdout.once("data", resolve));
  const { status, stderr } = await claim("project/one", 0.1).finally(() => holder.stdin.end());
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining("[KK712]") as string });
});
