import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { dump, loadAll } from "js-yaml";

import { actions } from "../../../components/cluster/actions";
import { apiServerFiles } from "../../../components/cluster/apiServerConfig";
import { checks } from "../../../components/cluster/cis/plan";
import {
  type CheckedHost,
  cisReport,
  type Finding,
  isBad,
  parseFindings,
} from "../../../components/cluster/cis/report";
import { composeScript } from "../../../components/cluster/hostScript";
import { readResult } from "../../../components/cluster/hostReport";
import { initConfig } from "../../../components/cluster/kubeadmConfig";
import { clusterSettings } from "../../support/preflight";

// Generous: it is about what is found, not about how busy the machine is.
jest.setTimeout(300_000);

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "cis-"));
afterAll(() => fs.rmSync(temporary, { recursive: true }));

const audit = { enabled: true, maxAgeDays: 30, maxBackups: 10, maxSizeMegabytes: 100 };
const settings = { ...clusterSettings, audit };
const documents = Object.fromEntries(
  loadAll(initConfig(settings, "master", "10.0.0.1", [])).map((part: any) => [part.kind, part]),
);
const { ClusterConfiguration: cluster, KubeletConfiguration: kubelet } = documents;

/** Flags that kubeadm 1.34 sets itself. */
const kubeadmFlags = {
  "kube-apiserver": [
    "authorization-mode=Node,RBAC",
    "client-ca-file=/etc/kubernetes/pki/ca.crt",
    "etcd-cafile=/etc/kubernetes/pki/etcd/ca.crt",
    "etcd-certfile=/etc/kubernetes/pki/apiserver-etcd-client.crt",
    "etcd-keyfile=/etc/kubernetes/pki/apiserver-etcd-client.key",
    "kubelet-client-certificate=/etc/kubernetes/pki/apiserver-kubelet-client.crt",
    "kubelet-client-key=/etc/kubernetes/pki/apiserver-kubelet-client.key",
    "service-account-key-file=/etc/kubernetes/pki/sa.pub",
    "tls-cert-file=/etc/kubernetes/pki/apiserver.crt",
    "tls-private-key-file=/etc/kubernetes/pki/apiserver.key",
  ],
  "kube-controller-manager": [
    "bind-address=127.0.0.1",
    "root-ca-file=/etc/kubernetes/pki/ca.crt",
    "service-account-private-key-file=/etc/kubernetes/pki/sa.key",
    "use-service-account-credentials=true",
  ],
  "kube-scheduler": ["bind-address=127.0.0.1"],
  etcd: [
    "cert-file=/etc/kubernetes/pki/etcd/server.crt",
    "client-cert-auth=true",
    "key-file=/etc/kubernetes/pki/etcd/server.key",
    "peer-cert-file=/etc/kubernetes/pki/etcd/peer.crt",
    "peer-client-cert-auth=true",
    "peer-key-file=/etc/kubernetes/pki/etcd/peer.key",
    "trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt",
  ],
};
type Component = keyof typeof kubeadmFlags;
const ours: Record<Component, { name: string; value: string }[]> = {
  "kube-apiserver": cluster.apiServer.extraArgs,
  "kube-controller-manager": cluster.controllerManager.extraArgs,
  "kube-scheduler": cluster.scheduler.extraArgs,
  etcd: [],
};

/** A node as the program makes it, whose files belong to root. */
class Node {
  private readonly dir = fs.mkdtempSync(path.join(temporary, "node-"));
  private readonly foreign: string[] = [];
  private sockets = "LISTEN 0 4096 127.0.0.1:10249 0.0.0.0:*";

  constructor(role: "control-plane" | "worker") {
    const encryption =
      "resources:\n  - resources: [secrets]\n    providers:\n      - secretbox: {keys: []}\n      - identity: {}\n";
    const kubeletFile = {
      authentication: {
        anonymous: { enabled: false },
        webhook: { enabled: true },
        x509: { clientCAFile: `${this.dir}/etc/kubernetes/pki/ca.crt` },
      },
      authorization: { mode: "Webhook" },
      rotateCertificates: true,
      ...kubelet,
    };
    this.write("/var/lib/kubelet/config.yaml", dump(kubeletFile, { noArrayIndent: true }), 0o600);
    this.write("/var/lib/kubelet/kubeadm-flags.env", 'KUBELET_KUBEADM_ARGS="--node-ip=10.0.0.1"\n');
    this.write("/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf", "");
    this.write("/etc/kubernetes/kubelet.conf", "", 0o600);
    this.write("/etc/kubernetes/pki/ca.crt", "");
    this.write("/etc/cni/net.d/10-calico.conflist", "");
    if (role === "worker") return;
    for (const name of Object.keys(kubeadmFlags) as Component[]) this.writeManifest(name);
    for (const name of ["admin", "super-admin", "scheduler", "controller-manager"]) {
      this.write(`/etc/kubernetes/${name}.conf`, "", 0o600);
    }
    this.write("/etc/kubernetes/pki/ca.key", "", 0o600);
    this.write("/etc/kubernetes/pki/etcd/ca.crt", "");
    this.write("/etc/kubernetes/pki/kubeadm-kafka-encryption.yaml", encryption, 0o600);
    this.write("/etc/kubernetes/kubeadm-kafka/authentication.yaml", apiServerFiles(settings).AUTHENTICATION);
    this.write("/var/lib/etcd/member/data", "");
    fs.chmodSync(this.at("/var/lib/etcd"), 0o700);
  }

  at(file: string): string {
    return path.join(this.dir, file);
  }

  write(file: string, text: string, mode = 0o644): this {
    fs.mkdirSync(path.dirname(this.at(file)), { recursive: true });
    fs.writeFileSync(this.at(file), text);
    fs.chmodSync(this.at(file), mode);
    return this;
  }

  /** Writes a component's manifest with changed flags; those that are undefined are left out. */
  writeManifest(name: Component, changes: Record<string, string | undefined> = {}): this {
    const flags = Object.fromEntries([
      ...kubeadmFlags[name].map((flag) => flag.split("=") as [string, string]),
      ...ours[name].map(({ name, value }) => [name, value]),
      ...Object.entries(changes),
    ]) as Record<string, string | undefined>;
    const lines = Object.entries(flags).flatMap(([flag, value]) =>
      value === undefined ? [] : `    - --${flag}=${value}\n`,
    );
    return this.write(`/etc/kubernetes/manifests/${name}.yaml`, this.here(lines.join("")), 0o600);
  }

  set(name: string, value: string): this {
    const file = "/var/lib/kubelet/config.yaml";
    const kept = fs.readFileSync(this.at(file), "utf8").replace(new RegExp(`^${name}:.*\\n(?:-.*\\n)*`, "m"), "");
    return this.write(file, `${kept}${name}: ${value}\n`, 0o600);
  }

  own(file: string): this {
    this.foreign.push(this.at(file));
    return this;
  }

  listen(address: string): this {
    this.sockets = `LISTEN 0 4096 ${address} *:*`;
    return this;
  }

  /** What cis.sh finds. */
  check(): Finding[] {
    const programs = {
      ss: `echo '${this.sockets}'`,
      // Everything belongs to root here, whoever runs the test.
      stat: `[[ $1 == *%U* ]] || exec /usr/bin/stat "$@"\n[[ -e $2 ]] || exit 1\ncase " ${this.foreign.join(" ")} " in *" $2 "*) echo kafka:kafka ;; *) echo root:root ;; esac`,
    };
    for (const [name, script] of Object.entries(programs)) {
      this.write(`/bin/${name}`, `#!/bin/bash\n${script}`, 0o755);
    }
    const input = this.here(composeScript("node", actions.cis, { CLUSTER: "ours" }));
    const env = { PATH: `${this.at("/bin")}:${process.env.PATH}` };
    const { stdout, stderr } = spawnSync("bash", ["-s", "--", "create"], { input, encoding: "utf8", env });
    expect(stderr).toBe("");
    return readResult(stdout, parseFindings, { host: "node", step: "cis" });
  }

  get failed(): string[] {
    return this.check().flatMap(({ number, passed }) => (passed ? [] : number));
  }

  private here(text: string): string {
    return text.replaceAll(/(?<=[=\s("{])\/(etc|usr\/lib|var\/lib)\//g, `${this.dir}/$1/`);
  }
}

const accepted = [...checks].flatMap(([number, check]) => (check.accepted === undefined ? [] : number));
const master = () => new Node("control-plane");
/** What a new control plane of ours fails. */
const usual = ["1.1.9", "1.1.12", "1.2.3", "1.2.11", "1.2.30", "1.3.1", "4.1.1", "4.2.13"];

test("a control plane of ours passes every check but those that docs/cis.md gives a reason for", () => {
  const findings = master().check();
  expect(findings.map(({ number }) => number)).toEqual([...checks.keys()]);
  const failed = findings.flatMap(({ number, passed }) => (passed ? [] : number));
  expect(failed).toEqual(usual);
  expect(accepted).toEqual(expect.arrayContaining(usual));
});

test("a worker is checked by its own part", () => {
  const findings = new Node("worker").check();
  expect(findings.map(({ number }) => number)).toEqual([...checks.keys()].filter((number) => number.startsWith("4.")));
  expect(findings.flatMap(({ number, passed }) => (passed ? [] : number))).toEqual(["4.1.1", "4.2.13"]);
});

const server = (changes: Record<string, string | undefined>) => (node: Node) =>
  node.writeManifest("kube-apiserver", changes);
const authentication = (text: string) => (node: Node) =>
  node.write("/etc/kubernetes/kubeadm-kafka/authentication.yaml", text);

test.each<[string, (node: Node) => Node, string[]]>([
  [
    "a manifest that others may read",
    (node) => (fs.chmodSync(node.at("/etc/kubernetes/manifests/etcd.yaml"), 0o640), node),
    ["1.1.7"],
  ],
  [
    "a missing kubeconfig",
    (node) => (fs.rmSync(node.at("/etc/kubernetes/scheduler.conf")), node),
    ["1.1.15", "1.1.16"],
  ],
  ["somebody's manifest", (node) => node.own("/etc/kubernetes/manifests/etcd.yaml"), ["1.1.8"]],
  ["etcd's data open to all", (node) => (fs.chmodSync(node.at("/var/lib/etcd"), 0o755), node), ["1.1.11"]],
  ["a private key that others may read", (node) => node.write("/etc/kubernetes/pki/sa.key", "", 0o644), ["1.1.21"]],
  ["a certificate that others may change", (node) => node.write("/etc/kubernetes/pki/x.crt", "", 0o664), ["1.1.20"]],
  ["no limit to anonymous requests", server({ "authentication-config": undefined }), ["1.2.1"]],
  ["an authentication file without a limit", authentication("anonymous:\n  enabled: true\n"), ["1.2.1"]],
  [
    "anonymous requests to more than health checks",
    authentication("anonymous:\n  enabled: true\n  conditions:\n    - path: /readyz\n    - path: /version\n"),
    ["1.2.1"],
  ],
  ["tokens from a file", server({ "token-auth-file": "/etc/tokens" }), ["1.2.2"]],
  ["every request allowed", server({ "authorization-mode": "AlwaysAllow" }), ["1.2.6", "1.2.7", "1.2.8"]],
  [
    "only the plug-in that admits everything",
    server({ "enable-admission-plugins": "AlwaysAdmit" }),
    ["1.2.9", "1.2.10", "1.2.14"],
  ],
  ["a disabled plug-in", server({ "disable-admission-plugins": "A,ServiceAccount" }), ["1.2.12"]],
  ["profiles", server({ profiling: undefined }), ["1.2.15"]],
  ["no audit log", server({ "audit-log-path": undefined, "audit-policy-file": undefined }), ["1.2.16", "3.2.1"]],
  [
    "an audit log that is short",
    server({ "audit-log-maxage": "7", "audit-log-maxbackup": "1", "audit-log-maxsize": "50" }),
    ["1.2.17", "1.2.18", "1.2.19"],
  ],
  ["Secrets in clear", server({ "encryption-provider-config": undefined }), ["1.2.27", "1.2.28"]],
  [
    "new Secrets in clear",
    (node) => node.write("/etc/kubernetes/pki/kubeadm-kafka-encryption.yaml", "providers:\n  - identity: {}\n", 0o600),
    ["1.2.28"],
  ],
  ["a weak cipher", server({ "tls-cipher-suites": "TLS_RSA_WITH_AES_128_CBC_SHA" }), ["1.2.29"]],
  [
    "a scheduler that all reach",
    (node) => node.writeManifest("kube-scheduler", { "bind-address": "0.0.0.0" }),
    ["1.4.2"],
  ],
  [
    "etcd with the cluster's authority",
    (node) => node.writeManifest("etcd", { "trusted-ca-file": "/etc/kubernetes/pki/ca.crt" }),
    ["2.7"],
  ],
  [
    "kubelet settings that others may read",
    (node) => (fs.chmodSync(node.at("/var/lib/kubelet/config.yaml"), 0o644), node),
    ["4.1.9"],
  ],
  ["a kubelet's port for everybody", (node) => node.set("readOnlyPort", "10255"), ["4.2.4"]],
  [
    "a kubelet of an earlier release",
    (node) => node.set("tlsCipherSuites", '""').set("seccompDefault", "false"),
    ["4.2.12", "4.2.14"],
  ],
  [
    "kubelet flags, which override its settings",
    (node) =>
      node.write("/etc/default/kubelet", "KUBELET_EXTRA_ARGS=--anonymous-auth=true --hostname-override other\n"),
    ["4.2.1", "4.2.7"],
  ],
  ["kube-proxy's metrics for all", (node) => node.listen("0.0.0.0:10249"), ["4.3.1"]],
])("%s is found", (_what, spoil, found) => {
  expect(spoil(master()).failed.filter((number) => !usual.includes(number))).toEqual(found);
});

test("a limit of processes passes", () => {
  expect(master().set("podPidsLimit", "4096").failed).toEqual(usual.filter((number) => number !== "4.2.13"));
});

test("kubelets of an earlier version, and an API server that doesn't verify them, fail for a reason", () => {
  const node = server({ "kubelet-certificate-authority": undefined })(master()).set("serverTLSBootstrap", "false");
  const failed = node.failed.filter((number) => !usual.includes(number));
  expect(failed).toEqual(["1.2.5", "4.2.9"]);
  expect(failed.map((number) => checks.get(number)!.accepted)).not.toContain(undefined);
});

describe("the table", () => {
  const host = (name: string, ...findings: Finding[]): CheckedHost => ({ name, findings });
  const fails = (number: string, found = "found"): Finding => ({ number, passed: false, found });
  const passes = (number: string): Finding => ({ number, passed: true, found: "fine" });

  test("has a row for what all hosts have in common, and one for each difference", () => {
    const report = cisReport([
      host("master", passes("1.2.15"), fails("4.1.1"), passes("4.1.9")),
      host("worker", fails("4.1.1"), fails("4.1.9", "config.yaml has 644")),
    ]);
    expect(report.split("\n")).toEqual([
      `1.2.15  pass      ${checks.get("1.2.15")!.what}`,
      `4.1.1   accepted  ${checks.get("4.1.1")!.what}: found`,
      `4.1.9   pass      ${checks.get("4.1.9")!.what} on master`,
      `4.1.9   FAIL      ${checks.get("4.1.9")!.what} on worker: config.yaml has 644`,
      "2 pass, 1 fail for a reason in docs/cis.md, 1 fail",
    ]);
  });

  test("ends with an error if a check fails without an accepted reason, or a host can't be checked", () => {
    expect(isBad(host("a", fails("4.1.9")))).toBe(true);
    expect(isBad(host("a", fails("4.1.1"), passes("4.1.9")))).toBe(false);
    const silent = { name: "a", findings: [], failure: "Connection refused" };
    expect(isBad(silent)).toBe(true);
    expect(cisReport([silent])).toContain("a could not be checked: Connection refused");
  });

  test("isn't made of lines that are no findings", () => {
    for (const text of ["", "9.9.9 pass x", "1.1.1 maybe x"]) expect(() => parseFindings(text)).toThrow("no finding");
  });
});

test("docs/cis.md has a row for each check, with the reason of those that may fail", () => {
  const text = fs.readFileSync(path.join(__dirname, "../../../docs/cis.md"), "utf8");
  const rows = [...text.matchAll(/^\| (\d+(?:\.\d+)+) +\| (.*?) +\| (passes|fails) +\| (.*?) *\|$/gm)].map((row) =>
    row.slice(1, 5),
  );
  const expected = [...checks].map(([number, { what, accepted }]) => [
    number,
    what,
    accepted === undefined ? "passes" : "fails",
    accepted ?? "",
  ]);
  expect(rows.map(([number, what, result, why]) => [number, what, result, result === "fails" ? why : ""])).toEqual(
    expected,
  );
});
