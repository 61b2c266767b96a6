import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { actions, type HostAction } from "../../../components/cluster/actions";
import { driftReport, knownHosts, preparedHosts, sshConfig } from "../../../components/cluster/drift/plan";
import { readScript } from "../../../components/cluster/hostScript";
import { certificate } from "../../support/certificate";

const folder = mkdtempSync(join(tmpdir(), "drift-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("on the host", () => {
  const [file, hosts] = [join(folder, "file"), join(folder, "hosts")];

  /** Runs a script with the functions of lib.sh, on a temporary folder in place of a host's folders. */
  function host(script: string, STEPS = "prepare"): string {
    const lib = readScript("lib/lib").replace(/^(RECORD|SCRATCH)=\S+/gm, `$1=${folder}/$1`);
    const { status, stdout, stderr } = spawnSync(
      "bash",
      ["-c", `HOST=worker ACTION=prepare STEPS='${STEPS}'\n${lib}\n${script}`],
      {
        encoding: "utf8",
      },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    return stdout;
  }
  const script = actions.drift.create
    .map(readScript)
    .join("\n")
    .replaceAll(/\/(etc\/kubernetes|var\/lib\/kubelet)/g, (path) => join(folder, path));
  const drift = (steps?: string) => host(script, steps);
  const apply = () =>
    host(`
      mkdir -p "$RECORD" "$SCRATCH"
      put "${file}" <<<first
      put "${file}" <<<second
      applied lines "${hosts}"
      applied sysctl kernel.ostype
      applied package no-such-package
      keep_applied`);
  const marked = (line: string) => `# BEGIN kubeadm-kafka\n${line}\n# END kubeadm-kafka\n`;

  beforeEach(() => {
    writeFileSync(hosts, `127.0.0.1 localhost\n${marked("10.0.0.1 master")}`);
    apply();
  });

  test("nothing differs right after it was applied, not even a file that was written twice", () => {
    expect(drift()).toBe("");
  });

  test("an edited and a deleted file are reported differently", () => {
    writeFileSync(file, "third\n");
    expect(drift()).toBe(`prepare file ${file} was edited\n`);
    rmSync(file);
    expect(drift()).toBe(`prepare file ${file} is missing\n`);
  });

  test("in a shared file only our lines count", () => {
    writeFileSync(hosts, `127.0.0.1 localhost more\n${marked("10.0.0.1 master")}10.0.0.9 theirs\n`);
    expect(drift()).toBe("");
    writeFileSync(hosts, marked("10.0.0.2 master"));
    expect(drift()).toBe(`prepare lines ${hosts} is 10.0.0.2 master, was 10.0.0.1 master\n`);
  });

  describe("on a control plane", () => {
    const put = (name: string, text: string) => writeFileSync(join(folder, name), text);
    const drift = () => host(script, "");
    const renewer = (days: number) => put("RECORD/renew-certificates.sh", `RENEW_BEFORE='${days * 86_400}'\n`);

    beforeAll(() => {
      const pem = certificate("master"); // for a day
      const data = Buffer.from(pem.slice(pem.indexOf("-----BEGIN CERTIFICATE"))).toString("base64");
      for (const name of ["etc/kubernetes/pki/etcd", "RECORD"]) mkdirSync(join(folder, name), { recursive: true });
      for (const name of ["apiserver", "front-proxy-ca"]) put(`etc/kubernetes/pki/${name}.crt`, pem);
      put("etc/kubernetes/scheduler.conf", `users:\n- user:\n    client-certificate-data: ${data}\n`);
    });
    afterAll(() => rmSync(join(folder, "RECORD/renew-certificates.sh")));

    test("certificates that should have been renewed are reported, and authorities, which can't be, aren't", () => {
      renewer(30);
      const [first, second, ...others] = drift().trim().split("\n");
      expect(first).toMatch(/^certificates certificate \S+\/scheduler.conf ends 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(second).toMatch(/^certificates certificate \S+\/apiserver.crt ends /);
      expect(others).toEqual([]);
    });

    test("certificates that are still to be renewed in time are no drift", () => {
      renewer(1.5);
      expect(drift()).toBe("");
    });

    test("a renewal that failed without any `up` is reported", () => {
      renewer(1);
      put("RECORD/certificates-problem", "kubeadm could not renew them");
      expect(drift()).toBe("certificates renewal of certificates: kubeadm could not renew them\n");
      rmSync(join(folder, "RECORD/certificates-problem"));
    });
  });

  describe("a kubelet's certificates", () => {
    const pki = join(folder, "var/lib/kubelet/pki");
    const put = (name: string, pem: string) => {
      mkdirSync(pki, { recursive: true });
      writeFileSync(join(pki, `kubelet-${name}-current.pem`), pem);
    };
    /** A certificate that has ended a day ago. */
    const ended = (): string => {
      const pem = join(folder, "pem");
      writeFileSync(pem, certificate("worker"));
      return execFileSync("openssl", ["x509", "-in", pem, "-signkey", pem, "-days", "-1"], {
        encoding: "utf8",
        stdio: "pipe",
      });
    };
    afterEach(() => rmSync(pki, { recursive: true }));

    test("are no drift while they are valid", () => {
      for (const name of ["client", "server"]) put(name, certificate("worker"));
      expect(drift()).toBe("");
    });

    test("are reported where the kubelet hasn't renewed them", () => {
      put("server", ended());
      expect(drift()).toMatch(/^certificates the kubelet has not renewed its server certificate, which ends 20\S+Z\n$/);
    });

    test("are reported with the command that lets a worker log in again", () => {
      writeFileSync(join(folder, "RECORD/applied/join"), "");
      mkdirSync(join(folder, "etc/kubernetes"), { recursive: true });
      writeFileSync(join(folder, "etc/kubernetes/kubelet.conf"), `${pki}/kubelet-client-current.pem`);
      put("client", ended());
      const [late, out] = drift("join").split("\n");
      expect(late).toMatch(/^join the kubelet has not renewed its client certificate/);
      expect(out).toMatch(
        /^join the kubelet can't log in any more; .* bin\/pulumi up --replace '\*\*-worker-request'$/,
      );
      for (const name of ["RECORD/applied/join", "etc/kubernetes/kubelet.conf"]) rmSync(join(folder, name));
    });
  });

  test("a step without a record is reported: its host is another machine, or lost the record", () => {
    expect(drift("prepare join")).toMatch(/^join \S+RECORD\/applied\/join is gone/);
  });
});

describe("on the machine that asks", () => {
  const secret = (value: unknown) => ({
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    plaintext: JSON.stringify(value),
  });
  const command = (name: string, inputs: object = {}, more: object = {}) => ({
    urn: `urn:pulumi:lab::kubeadm-kafka::a:b:C$command:remote:Command::${name}`,
    inputs,
    ...more,
  });
  const connection = { host: "192.0.2.1", user: "admin", port: 2222, hostKey: "ssh-ed25519 AAAA", privateKey: "KEY" };
  const exported = JSON.stringify({
    deployment: {
      resources: [
        command("lab-master-prepare", { connection: secret({ ...connection, privateKey: secret("KEY") }) }),
        command("lab-master-control-plane"),
        command("lab-a-prepare-prepare", { connection: secret(connection) }),
        command("lab-gone-prepare", { connection: secret(connection) }, { delete: true }),
        command("lab-lost-original", { connection: secret(connection) }),
      ],
    },
  });
  const hosts = preparedHosts("lab", exported);

  test("the state has the hosts, their connections, and the steps that ran on them", () => {
    expect(hosts).toEqual([
      { name: "master", prefix: "lab-master", steps: ["prepare", "control-plane"], connection },
      { name: "a-prepare", prefix: "lab-a-prepare", steps: ["prepare"], connection },
    ]);
  });

  test("exactly the steps that record what they applied are checked", () => {
    const all = Object.values<HostAction>(actions);
    const resources = all.map(({ name }) => command(`lab-a-${name}`, { connection }));
    const [host] = preparedHosts("lab", JSON.stringify({ deployment: { resources } }));
    const writes = ({ create = [] }: HostAction) =>
      create.some((script) => /&& keep_applied$/m.test(readScript(script)));
    expect(host!.steps).toEqual(all.filter(writes).map(({ name }) => name));
  });

  test("ssh accepts the configuration: one host key, one private key, no questions", () => {
    const config = sshConfig("/run/a folder", hosts);
    writeFileSync(join(folder, "config"), config);
    const { stdout } = spawnSync("ssh", ["-G", "-F", join(folder, "config"), "master"], { encoding: "utf8" });
    for (const line of [
      "hostname 192.0.2.1",
      "port 2222",
      "user admin",
      "hostkeyalias master",
      "identityfile /run/a folder/master.key",
      "identitiesonly yes",
      "batchmode yes",
      "stricthostkeychecking true",
      "userknownhostsfile /run/a folder/known_hosts",
    ])
      expect(stdout.split("\n")).toContain(line);
    expect(config).not.toContain("KEY");
    expect(knownHosts(hosts)).toBe("master ssh-ed25519 AAAA\na-prepare ssh-ed25519 AAAA\n");
  });

  test("a host behind a bastion is reached through it, and an SSH agent logs in if there is no key", () => {
    const proxy = { host: "192.0.2.9", user: "jump", hostKey: "ssh-ed25519 BBBB" };
    const [host] = hosts;
    const behind = [{ ...host!, connection: { ...connection, proxy } }];
    writeFileSync(join(folder, "config"), sshConfig("/run", behind));
    const seen = (name: string) =>
      spawnSync("ssh", ["-G", "-F", join(folder, "config"), name], { encoding: "utf8" }).stdout.split("\n");
    expect(seen("master")).toEqual(expect.arrayContaining(["proxyjump master.bastion", "identityagent none"]));
    for (const line of ["hostname 192.0.2.9", "user jump", "identityagent SSH_AUTH_SOCK", "identitiesonly no"])
      expect(seen("master.bastion")).toContain(line);
    expect(seen("master.bastion").filter((line) => /^(proxyjump|identityfile \/run)/.test(line))).toEqual([]);
    expect(knownHosts(behind)).toBe("master.bastion ssh-ed25519 BBBB\nmaster ssh-ed25519 AAAA\n");
  });

  test("ssh finds a host at an IPv6 address with a zone, though `%` begins a token in its config", () => {
    const ofZone = [{ ...hosts[0]!, connection: { ...connection, host: "fe80::1%eth0" } }];
    writeFileSync(join(folder, "config"), sshConfig("/run", ofZone));
    const { stdout } = spawnSync("ssh", ["-G", "-F", join(folder, "config"), "master"], { encoding: "utf8" });
    expect(stdout.split("\n")).toContain("hostname fe80::1%eth0");
  });

  test("the report names hosts, differences and one command that repairs all of them", () => {
    const [host, other] = [hosts[0]!, hosts[1]!];
    const differences = [
      "prepare sysctl a is 0, was 1",
      "prepare file /b was edited",
      "control-plane unit c is disabled",
    ];
    expect(
      driftReport("lab", [
        { host, differences },
        { host: other, differences: [] },
      ]),
    ).toBe(
      [
        "master is not as it was left:",
        "  sysctl a is 0, was 1",
        "  file /b was edited",
        "  unit c is disabled",
        "To repair it:",
        "  bin/pulumi up --stack lab --target-replace '**::lab-master-prepare' --target-replace '**::lab-master-control-plane'",
      ].join("\n"),
    );
  });

  test("a host that doesn't answer is reported with the reason, and without a repair command", () => {
    const failure = "ssh: connect to host 192.0.2.1 port 2222: Connection refused";
    expect(driftReport("lab", [{ host: hosts[0]!, differences: [], failure }])).toBe(
      `master could not be looked at:\n  ${failure}`,
    );
  });

  test("if nothing differs, the report says so", () => {
    expect(driftReport("lab", [{ host: hosts[0]!, differences: [] }])).toBe("nothing differs, hosts looked at: 1");
  });
});
