import * as path from "node:path";

import { createKey } from "../../support/hostContainers";
import { Stack } from "../../support/stack";
import { Report } from "../support/report";
import { story } from "../support/story";
import { type Fault, type SshHost, SshHosts, type SshHostSettings } from "./sshHosts";

const stack = new Stack("e2e-hundred", { name: "hundred-hosts", folder: path.join(__dirname, "hundred-hosts") });
const report = new Report("hundredHosts", "e2e-cluster");

/**
 * Time that a stand-in takes to answer each script, which it doesn't run. So the story measures Pulumi, its plugin and the plan. The
 * real preparation of hosts in containers takes from 9 to 13 seconds.
 */
const milliseconds = { preflight: 1000, prepare: 10_000 };
const ideal = (milliseconds.preflight + milliseconds.prepare) / 1000;
const hosts: SshHost[] = Array.from({ length: 100 }, (_, index) => ({
  name: `host-${String(index + 1).padStart(3, "0")}`,
  address: `127.0.1.${index + 1}`,
  port: 22022,
}));
const scripts = Object.keys(milliseconds);

/** Options that docs/lab.md recommends for many hosts. */
const manyHosts = ["--parallel", String(hosts.length), "--continue-on-error"];

story("a hundred hosts are checked and prepared in parallel, and each that fails is named", (step) => {
  let settings: SshHostSettings;
  let servers: SshHosts | undefined;

  /** Restarts the servers with these faults. */
  async function restartWith(faults: Record<number, Fault>): Promise<void> {
    await servers?.stop();
    const byName = new Map(Object.entries(faults).map(([number, fault]) => [hosts[Number(number) - 1]!.name, fault]));
    servers = await SshHosts.start(settings, hosts, byName);
  }

  async function up(...options: string[]) {
    const start = Date.now();
    const { code, stdout, stderr } = await stack.try(
      "up",
      "--stack",
      stack.name,
      "--yes",
      "--skip-preview",
      ...options,
    );
    return { code, printed: stdout + stderr, seconds: (Date.now() - start) / 1000, started: servers!.started };
  }

  async function fromNothing(): Promise<void> {
    await stack.clear();
    const [server, client] = [await createKey(), await createKey()];
    settings = { hostKey: server.privateKey, authorizedKey: client.publicKey, milliseconds, slower: 5 };
    const hostKey = server.publicKey.split(" ").slice(0, 2).join(" ");
    const role = (index: number) => (index === 0 ? "control-plane" : "worker");
    const entries = hosts.map(({ name, address, port }, index) => ({
      name,
      role: role(index),
      address,
      ssh: { port, hostKey },
    }));
    await stack.create({ hosts: entries });
    await stack.setSecret("sshPrivateKey", client.privateKey);
  }

  step("a hundred hosts at once, compared with the time that one host takes", async () => {
    await SshHosts.build();
    await fromNothing();
    await restartWith({});
    const { code, seconds, started, printed } = await up(...manyHosts);
    expect({ code, failed: failures(printed) }).toEqual({ code: 0, failed: [] });
    expect(started.slice().sort()).toEqual(
      hosts.flatMap(({ name }) => scripts.map((script) => `${name} ${script}`)).sort(),
    );
    const ratio = seconds / ideal;
    report.add("together", { hosts: hosts.length, seconds, ideal, ratio });
    console.log(`${hosts.length} hosts: ${seconds} s, ideal ${ideal} s, ratio ${ratio.toFixed(2)}`);
  });

  step("the second up opens no connection", async () => {
    await restartWith({});
    expect(await up()).toMatchObject({ code: 0, started: [] });
  });

  step("the command that make drift prints runs one host's step again, and contacts no other host", async () => {
    await restartWith({});
    const repaired = await up("--target-replace", `**::${stack.name}-host-007-prepare`);
    expect(repaired).toMatchObject({ code: 0, started: ["host-007 prepare"] });
  });

  step("faults at the first login: one up names all of them, and touches no host", async () => {
    await fromNothing();
    await restartWith({
      7: { fault: "refused" },
      23: { fault: "silent" },
      42: { fault: "dropped", in: "preflight" },
      58: { fault: "refused" },
      77: { fault: "slow" },
    });
    const { code, printed, seconds, started } = await up(...manyHosts);
    report.add("faultsAtFirstContact", { seconds, named: failures(printed) });
    expect(code).not.toBe(0);
    expect(failures(printed)).toEqual([
      "host-007 preflight: after 3 failed attempts: dial tcp 127.0.1.7:22022: connect: connection refused",
      "host-023 preflight: after 3 failed attempts: ssh: handshake with 127.0.1.23:22022: context deadline exceeded",
      'host-042 preflight: wait: remote command exited without exit status or exit signal: running COMMAND NOW # preflight.sh":',
      "host-058 preflight: after 3 failed attempts: dial tcp 127.0.1.58:22022: connect: connection refused",
    ]);
    expect(started.filter((line) => !line.endsWith(" preflight"))).toEqual([]);
  });

  step("a clock that differs from the others' is reported until the hosts are checked again", async () => {
    const late = /host-042's clock is 3\d{3} seconds behind the others; .* \[KK727\]/;
    await restartWith({ 42: { fault: "late" } });
    const first = await up(...manyHosts);
    expect(first.printed).toMatch(late);
    expect(listed(first.printed).match(/KK727/g)).toHaveLength(1);
    expect(first.started.slice().sort()).toEqual(
      [7, 23, 42, 58].map((number) => `${hosts[number - 1]!.name} preflight`),
    );
    expect((await up(...manyHosts)).printed).toMatch(late);
    await restartWith({});
    const again = await up(...manyHosts, "--replace", "**-preflight", "--target", "**-preflight");
    expect(again.code).toBe(0);
    expect(again.started.slice().sort()).toEqual(hosts.map(({ name }) => `${name} preflight`));
  });

  step("faults in the preparation: one up names all of them, and prepares all other hosts", async () => {
    await restartWith({
      8: { fault: "refused" },
      24: { fault: "silent" },
      43: { fault: "dropped", in: "prepare" },
      59: { fault: "apt locked" },
      60: { fault: "apt locked" },
      78: { fault: "slow" },
    });
    const { code, printed, seconds, started } = await up(...manyHosts);
    report.add("faultsInPreparation", { seconds, named: failures(printed) });
    expect(code).not.toBe(0);
    const aptLocked =
      'prepare failed at "install packages" (exit code 100). The end of /var/log/kubeadm-kafka.log on that host: ' +
      "E: Could not get lock /var/lib/dpkg/lock-frontend";
    expect(failures(printed)).toEqual([
      "host-008 prepare: after 3 failed attempts: dial tcp 127.0.1.8:22022: connect: connection refused",
      "host-024 prepare: after 3 failed attempts: ssh: handshake with 127.0.1.24:22022: context deadline exceeded",
      'host-043 prepare: wait: remote command exited without exit status or exit signal: running COMMAND # prepare.sh":',
      `host-059 prepare: Process exited with status 1: running COMMAND # prepare.sh": host-059: ${aptLocked}`,
      `host-060 prepare: Process exited with status 1: running COMMAND # prepare.sh": host-060: ${aptLocked}`,
    ]);
    expect(started.filter((line) => line.endsWith(" prepare"))).toHaveLength(hosts.length - 2);
  });

  step("the next up continues with the failed hosts alone", async () => {
    await restartWith({});
    const { code, started } = await up(...manyHosts);
    expect(code).toBe(0);
    expect(started.slice().sort()).toEqual([
      "host-008 prepare",
      "host-024 prepare",
      "host-043 prepare",
      "host-059 prepare",
      "host-060 prepare",
    ]);
  });

  step.cleanUp(async () => {
    await servers?.stop();
    await stack.clear();
    stack.remove();
  });
});

/** The errors that an update lists at its end; it has printed each when it happened, too. */
const listed = (printed: string): string => printed.slice(printed.indexOf("Diagnostics:"));

/** Failed steps on hosts, as `HOST STEP: REASON`. */
function failures(printed: string): string[] {
  const each = /\(e2e-hundred-(host-\d+)-(\w+)\):\s+error: ((?:.*\S.*\n)+)/g;
  return [...listed(printed).matchAll(each)]
    .map(([, host, name, why]) =>
      `${host} ${name}: ${why!.replaceAll(/\s*\n\s*/g, " ").trim()}`
        .replace(/\d{10}/, "NOW")
        .replace(/"\/usr\/bin\/env -i .* create(?= )/, "COMMAND"),
    )
    .sort();
}
