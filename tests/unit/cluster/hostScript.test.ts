import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { actions } from "../../../components/cluster/actions";
import { composeScript, hostCommand, shellQuote } from "../../../components/cluster/hostScript";

const undo = { name: "undo", create: ["record"], delete: ["undo"] } as const;

test("a quoted word passes the shell unchanged, whatever it contains", () => {
  for (const text of ["plain", "it's", '$(touch /tmp/x) `id` \\ "q"', "two\nlines\n", ""]) {
    const { stdout } = spawnSync("bash", ["-c", `printf %s ${shellQuote(text)}`], { encoding: "utf8" });
    expect(stdout).toBe(text);
  }
});

test("every composed script is valid bash, in both moments of its life", () => {
  for (const action of [undo, ...Object.values(actions)]) {
    const { status, stderr } = spawnSync("bash", ["-n"], {
      input: composeScript("worker-1", action, {}),
      encoding: "utf8",
    });
    expect({ action: action.name, status, stderr }).toEqual({ action: action.name, status: 0, stderr: "" });
  }
});

test("an incomplete script, from a broken connection, runs nothing", () => {
  const script = composeScript("worker-1", actions.prepare, {}).replace("set -E", "echo ran\nset -E");
  const run = (input: string) => spawnSync("bash", ["-s", "--", "neither"], { input, encoding: "utf8" }).stdout;
  expect(run(script)).toMatch(/^ran\n/); // the probe itself works
  for (const part of [0.1, 0.5, 0.9, 0.99]) expect(run(script.slice(0, script.length * part))).toBe("");
});

test("inputs are not exported: a program that a script starts inherits no secret", () => {
  const script = composeScript("worker-1", undo, { CERTIFICATE_KEY: "secret" }).replace("set -E", "env\nexit\nset -E");
  const { stdout } = spawnSync("bash", ["-s", "--", "create"], { input: script, encoding: "utf8" });
  expect(stdout).toContain("PATH=");
  expect(stdout).not.toContain("secret");
});

const clean = "/usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin";

test("the command, which errors quote and process lists show, is one line without script, inputs or code", () => {
  const words = (command: string) => command.replace(/'eval [^']*'/, "RUN-WHOLE");
  const whole = hostCommand("worker-1", undo, "delete", "root");
  expect(words(whole)).toBe(
    `${clean} timeout --kill-after=1m 60m bash --norc -c RUN-WHOLE 'worker-1: undo' delete # undo.sh`,
  );
  expect(whole).not.toMatch(/\n|KK\d/);
  expect(words(hostCommand("worker-1", actions.preflight, "create", "root", 1700000000))).toBe(
    `${clean} timeout --kill-after=1m 5m bash --norc -c RUN-WHOLE 'worker-1: preflight' create 1700000000 # preflight.sh`,
  );
});

test("a user other than root uses sudo, which may not prompt", () => {
  const command = hostCommand("worker-1", undo, "create", "admin");
  const refusing = command.replace("sudo -n true", "false");
  const { status, stderr } = spawnSync("sh", ["-c", refusing], { encoding: "utf8" });
  expect(status).toBe(1);
  expect(stderr).toContain("needs sudo without a password");
  const asRoot = hostCommand("worker-1", undo, "create", "root");
  expect(command.endsWith(`; exec sudo -n "$@"' sh ${asRoot}`)).toBe(true);
});

describe("the host ends a script that takes too long, and the error says where it hung", () => {
  const machine = fs.mkdtempSync(path.join(os.tmpdir(), "deadline-"));
  afterAll(() => fs.rmSync(machine, { recursive: true }));

  test.each([
    [
      "join",
      'step "look at the certificate to join with"',
      'step "kubeadm join"; sleep 60; ',
      'at "kubeadm join"; the end of',
    ],
    ["preflight", "check_system\ncheck_kernel", "sleep 60; ", 'at "sleep 60"; the end of'],
  ] as const)("%s", (name, place, hangs, expected) => {
    const action = { ...actions[name], minutes: 0.05 };
    for (const folder of ["run", "log", "lib/kubeadm-kafka"])
      fs.mkdirSync(path.join(machine, folder), { recursive: true });
    fs.writeFileSync(path.join(machine, "lib/kubeadm-kafka/owner"), "kafka\n");
    const inputs = { CLUSTER: "kafka", AUTHORITY: "", KUBEADM_CONFIG: "", API_SERVERS: "" };
    const input = composeScript("worker-1", action, inputs)
      .replace(place, hangs + place)
      .replaceAll("/run/", `${machine}/run/`)
      .replaceAll("/var/lib/kubeadm-kafka", `${machine}/lib/kubeadm-kafka`)
      .replaceAll("/var/log/", `${machine}/log/`);
    const start = Date.now();
    const { status, stderr } = spawnSync("sh", ["-c", hostCommand("worker-1", action, "create", "root")], {
      input,
      encoding: "utf8",
    });
    expect(Date.now() - start).toBeLessThan(30_000);
    expect(stderr).toContain(`worker-1: ${name}: stopped after 0.05 minutes ${expected}`);
    expect(stderr.trim().split("\n").at(-1)).toContain("[KK725]");
    expect(status).not.toBe(0);
  });
});
