import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { readResult } from "../../../components/cluster/hostReport";
import { actions, type HostAction } from "../../../components/cluster/actions";
import { composeScript, type ScriptInputs } from "../../../components/cluster/hostScript";
import type { PlannedHost } from "../../../components/cluster/hostsPlan";
import { admitInputs } from "../../../components/cluster/steps/admissionPlan";
import { controlPlaneInputs } from "../../../components/cluster/steps/controlPlanePlan";
import { joinInputs } from "../../../components/cluster/steps/workerPlan";

// A generous limit, since the machine may be busy.
jest.setTimeout(120_000);

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "admission-"));
afterAll(() => fs.rmSync(temporary, { recursive: true }));

/** State of the API server. */
interface Api {
  node?: {
    machine: string;
    /** @default 10.0.0.9 */
    address?: string;
    /** Whether the Node is ready, one value per request; the last value is repeated. */
    ready: string[];
    /** When the Node's lease was renewed, one value per request; the last value is repeated. @default never */
    renewed?: string[];
    leaves?: boolean;
  };
  /** Validity of certificates in days; a negative number makes expired ones. @default 1 */
  days?: number;
  /** Whether the requesting host serves as a control plane. @default false */
  serves?: boolean;
  /** Actions on the cluster, in order. */
  done: string[];
}

interface Ended {
  status: number;
  /** The script's output between its marks; empty if it failed. */
  result: string;
  stderr: string;
}

/** A host of the cluster, in a folder. */
class Machine {
  readonly dir = fs.mkdtempSync(path.join(temporary, "machine-"));

  constructor(private readonly api: string) {
    for (const folder of [
      "bin",
      "run/lock",
      "var/log",
      "var/lib/kubeadm-kafka",
      "etc/kubernetes/pki",
      "var/lib/kubelet/pki",
    ])
      fs.mkdirSync(path.join(this.dir, folder), { recursive: true });
    this.write("var/lib/kubeadm-kafka/owner", "kafka\n");
    this.write("etc/machine-id", "this-machine\n");
    this.write("etc/hosts", "");
    fs.writeFileSync(path.join(this.dir, "bin/kubectl"), `#!${process.execPath}\n${KUBECTL}`, { mode: 0o755 });
    for (const [name, script] of [
      ["kubeadm", KUBEADM],
      ["systemctl", 'echo "$*" >>$DIR/systemctl'],
      ["crictl", "exit 0"],
      ["systemd-detect-virt", "exit 1"],
    ] as const)
      fs.writeFileSync(path.join(this.dir, "bin", name), `#!/bin/bash\n${script}\n`, { mode: 0o755 });
  }

  write(file: string, text: string): void {
    fs.writeFileSync(path.join(this.dir, file), text);
  }

  read(file: string): string {
    return fs.readFileSync(path.join(this.dir, file), "utf8");
  }

  has(file: string): boolean {
    return fs.existsSync(path.join(this.dir, file));
  }

  /** @param patience seconds that a script waits for another machine's silence, or for a node @default as in the scripts */
  run(action: HostAction, inputs: ScriptInputs, host = "worker", patience = 120): Ended {
    const input = composeScript(host, action, { CLUSTER: "kafka", ...inputs })
      .replaceAll(/\/(run|var\/log|var\/lib|etc)\//g, `${this.dir}/$1/`)
      .replaceAll("SECONDS + 120", `SECONDS + ${patience}`)
      .replaceAll("SECONDS + 180", "SECONDS + 1");
    const env = { PATH: `${this.dir}/bin:${process.env.PATH}`, DIR: this.dir, API: this.api, CA: authority.dir };
    const { status, stdout, stderr } = spawnSync("bash", ["-s", "--", "create"], { input, encoding: "utf8", env });
    const result = status === 0 ? readResult(stdout, (text) => text, { host, step: action.name }) : "";
    return { status: status!, result, stderr };
  }
}

/** A kubectl with the commands that the scripts use. It signs approved requests, as the controller manager does. */
const KUBECTL = `
const fs = require("fs");
const { execFileSync } = require("child_process");
const args = process.argv.slice(2);
const text = args.join(" ");
const api = JSON.parse(fs.readFileSync(process.env.API, "utf8"));
const csr = process.env.API + ".csr";
const leave = (node) => { if (node) api.node = node; else delete api.node; };
const say = (line) => { if (line) console.log(line); };
if (text.includes("/readyz")) {
  const asked = /--kubeconfig (\\S+anyone.conf)/.exec(text);
  if (asked && !text.includes("--server") && !fs.readFileSync(asked[1], "utf8").includes("https://10.0.0.2:6443")) process.exit(1);
  process.exit(asked && !text.includes("--server") && !api.serves ? 1 : 0);
}
if (text.startsWith("apply ")) api.done.push("apply " + fs.readFileSync(0, "utf8").match(/(?<=(?:kind|name): "?)[^",}\\n]+/g).join(" "));
if (/^(get|uncordon|annotate) (node )?worker/.test(text) && !api.node)
  process.exit(text.includes("--ignore-not-found") ? 0 : (console.error("no such node"), 1));
if (text.includes("nodeInfo")) say("worker=" + api.node.machine + "=" + (api.node.address ?? "10.0.0.9"));
else if (text.includes("renewTime")) {
  const renewed = api.node?.renewed ?? [];
  say(renewed[0]);
  if (renewed.length > 1) renewed.shift();
} else if (text.includes("Ready")) {
  say(api.node.ready[0]);
  if (api.node.ready.length > 1) api.node.ready.shift();
} else if (text.includes("annotations")) say(api.node.leaves && "yes");
else if (text.startsWith("create ")) {
  const spec = fs.readFileSync(0, "utf8");
  fs.writeFileSync(csr, Buffer.from(/request: (.*)/.exec(spec)[1], "base64"));
  api.done.push("ask " + /signerName: (.*)/.exec(spec)[1] + " for " + /expirationSeconds: (.*)/.exec(spec)[1] + " s");
  console.log(/generateName: ([^}]*)/.exec(spec)[1] + "x1y2z" + " the-uid");
} else if (text.startsWith("replace --raw /apis/certificates.k8s.io/v1/certificatesigningrequests/")) {
  const { metadata, status } = JSON.parse(fs.readFileSync(0, "utf8"));
  api.done.push("approve " + metadata.name + " " + metadata.uid + " " + status.conditions[0].type);
}
else if (text.includes("status.certificate")) {
  const signed = ["x509", "-req", "-in", csr, "-days", String(api.days ?? 1)];
  const by = ["-CA", process.env.CA + "/ca.crt", "-CAkey", process.env.CA + "/ca.key", "-set_serial", "1"];
  console.log("the-uid " + execFileSync("openssl", [...signed, ...by], { stdio: ["ignore", "pipe", "ignore"] }).toString("base64"));
} else if (text.startsWith("delete node")) { api.done.push("delete node"); leave(); }
else if (/^(delete|uncordon|annotate) /.test(text)) api.done.push(text);
fs.writeFileSync(process.env.API, JSON.stringify(api));
`;

/** A kubeadm that shows the credential of the join. It refuses the name of a ready node, and fails once if a file asks for that. */
const KUBEADM = `
case $1 in
reset) rm -f $DIR/etc/kubernetes/*.conf; echo reset >>$DIR/kubeadm ;;
join)
  if [[ $2 == phase ]]; then
    echo "$4" >>$DIR/kubeadm
    cp "$(grep --only-matching '/[^" ]*/join.conf' "\${*: -1}")" $DIR/joined-by
    exit 1
  fi
  ! grep --quiet '"ready":\\["True"' "$API" || exit 1
  cp "$(grep --only-matching '/[^" ]*/join.conf' "$3")" $DIR/joined-by
  echo join >>$DIR/kubeadm
  if [[ -e $DIR/fails ]]; then rm $DIR/fails && exit 1; fi
  cp $CA/ca.crt $DIR/etc/kubernetes/pki/
  echo kubelet >$DIR/etc/kubernetes/kubelet.conf
  echo --node-ip=10.0.0.2 >$DIR/var/lib/kubelet/kubeadm-flags.env
  ;;
esac`;

/** The cluster's certificate authority. */
const authority = { dir: path.join(temporary, "authority"), base64: "" };
beforeAll(() => {
  fs.mkdirSync(authority.dir);
  const made = ["-keyout", `${authority.dir}/ca.key`, "-out", `${authority.dir}/ca.crt`];
  openssl("req", "-x509", ...ecKey, "-nodes", "-subj", "/CN=kubernetes", "-days", "9", ...made);
  authority.base64 = fs.readFileSync(`${authority.dir}/ca.crt`).toString("base64");
});

const ecKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
function openssl(...args: string[]): string {
  return execFileSync("openssl", args, { encoding: "utf8", stdio: ["pipe", "pipe", "ignore"] });
}

/** The certificate by which a kubelet logs in. */
const login = "var/lib/kubelet/pki/kubelet-client-current.pem";

/** A worker and the control plane that admits it. */
class Cluster {
  private readonly api = path.join(fs.mkdtempSync(path.join(temporary, "api-")), "api.json");
  readonly worker = new Machine(this.api);
  private readonly master = new Machine(this.api);

  constructor(known: Partial<Api> = {}) {
    this.knows({ done: [], ...known });
    fs.cpSync(`${authority.dir}/ca.crt`, path.join(this.master.dir, "etc/kubernetes/pki/ca.crt"));
  }

  get done(): string[] {
    return (JSON.parse(fs.readFileSync(this.api, "utf8")) as Api).done;
  }

  /** The last request that the API server got. */
  get sent(): string {
    return fs.readFileSync(`${this.api}.csr`, "utf8");
  }

  knows(api: Api): void {
    fs.writeFileSync(this.api, JSON.stringify(api));
  }

  request(host?: string): string {
    const { status, result, stderr } = this.worker.run(actions.request, {}, host);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    return result;
  }

  admit(requested: string, role: PlannedHost["role"] = "worker", host?: string, patience?: number): Ended {
    const inputs = { AT: "master", ...admitInputs(role, "10.0.0.2", requested) };
    return this.master.run(actions.admit, inputs, host, patience);
  }

  /** Files that init or the join of a control plane leaves on the master. */
  isMade(): this {
    this.master.write("var/lib/kubeadm-kafka/cluster", "");
    return this;
  }

  /** Lets the worker be a node. @param days validity of the certificate that its kubelet logs in by; 0 if it has ended */
  withNode(days: number): this {
    this.worker.write("etc/kubernetes/kubelet.conf", `client-certificate: ${path.join(this.worker.dir, login)}\n`);
    this.worker.write("var/lib/kubelet/kubeadm-flags.env", "--node-ip=10.0.0.2");
    fs.cpSync(`${authority.dir}/ca.crt`, path.join(this.worker.dir, "etc/kubernetes/pki/ca.crt"));
    const made = openssl("req", "-new", ...ecKey, "-nodes", "-keyout", "/dev/null", "-subj", "/CN=node");
    const by = ["-CA", `${authority.dir}/ca.crt`, "-CAkey", `${authority.dir}/ca.key`, "-set_serial", "1"];
    const signing = ["x509", "-req", "-days", String(days), ...by];
    this.worker.write(login, execFileSync("openssl", signing, { input: made, encoding: "utf8", stdio: "pipe" }));
    return this;
  }

  joinControlPlane(admitted: string): Ended {
    const host = (name: string, address: string): PlannedHost => ({ name, role: "control-plane", address });
    const settings = { version: "1.34.4", endpoint: "api.internal", podCidr: "", serviceCidr: "" };
    const [first, second] = [host("master", "10.0.0.1"), host("second", "10.0.0.2")];
    const inputs = controlPlaneInputs(
      second,
      { ...settings, scheduleOnControlPlane: false, encryptSecrets: false },
      [first, second],
      [],
      { authority: authority.base64, certificateKey: "c0ffee" },
      admitted,
    );
    return this.worker.run(actions.controlPlane, inputs, "second");
  }

  join(admitted: string): Ended {
    const host = (name: string, role: PlannedHost["role"], address: string) => ({ name, role, address });
    const settings = { version: "1.34.4", endpoint: "api.internal", podCidr: "", serviceCidr: "" };
    const inputs = joinInputs(
      host("worker", "worker", "10.0.0.2"),
      { ...settings, scheduleOnControlPlane: false, encryptSecrets: true },
      [host("master", "control-plane", "10.0.0.1")],
      undefined,
      admitted,
    );
    return this.worker.run(actions.join, inputs);
  }
}

/** Forged requests, by the reason why the control plane must not sign them. */
function forged(subject: string, ...options: string[]): string {
  const request = openssl("req", "-new", ...ecKey, "-nodes", "-keyout", "/dev/null", "-subj", subject, ...options);
  return JSON.stringify({ request: btoa(request), machineId: "this-machine", nodeOf: "" });
}

const through = { status: 0, result: "", stderr: "" };
const signed = [
  "ask kubernetes.io/kube-apiserver-client-kubelet for 43200 s",
  "approve kubeadm-kafka-worker-x1y2z the-uid Approved",
  "delete certificatesigningrequest kubeadm-kafka-worker-x1y2z --wait=false",
];
/** The host's address becomes part of the list by which its kubelet's serving certificate is judged. */
const listed = "apply ConfigMap kubeadm-kafka-addresses";
const key = "var/lib/kubeadm-kafka/join.key";

test("a worker joins with a certificate for its own node; the key never leaves it, and is deleted after the join", () => {
  const cluster = new Cluster();
  const requested = cluster.request();
  const made = cluster.worker.read(key);
  expect(fs.statSync(path.join(cluster.worker.dir, key)).mode & 0o777).toBe(0o600);
  const admitted = cluster.admit(requested);
  expect(admitted).toMatchObject({ status: 0, stderr: "" });
  expect(cluster.done).toEqual([...signed, listed]);
  expect(requested + admitted.result).not.toContain(btoa(made).slice(0, 40));

  cluster.knows({ node: { machine: "this-machine", ready: ["False"] }, done: [] });
  expect(cluster.join(admitted.result)).toEqual(through);
  const { certificate } = JSON.parse(admitted.result) as { certificate: string };
  const joinedBy = cluster.worker.read("joined-by");
  expect(joinedBy).toContain(`certificate-authority-data: "${authority.base64}"`);
  expect(joinedBy).toContain(`{client-certificate-data: "${certificate}", client-key-data: "${btoa(made)}"}`);
  fs.writeFileSync(path.join(temporary, "certificate"), certificate, "base64");
  expect(openssl("x509", "-in", path.join(temporary, "certificate"), "-noout", "-subject", "-nameopt", "RFC2253")).toBe(
    "subject=CN=system:node:worker,O=system:nodes\n",
  );
  expect(cluster.worker.has(key)).toBe(false);
});

describe("the kubelet of a worker that joins asks for a serving certificate, without which it answers nobody", () => {
  const joined = (address: string) => {
    const cluster = new Cluster();
    const { result } = cluster.admit(cluster.request());
    cluster.worker.write("var/lib/kubelet/config.yaml", "rotateCertificates: true\nserverTLSBootstrap: true\n");
    const served = ["req", "-x509", ...ecKey, "-nodes", "-keyout", "/dev/null", "-days", "1", "-subj", "/CN=worker"];
    const pem = openssl(...served, "-addext", `subjectAltName=DNS:worker,IP:${address}`);
    cluster.worker.write("var/lib/kubelet/pki/kubelet-server-current.pem", pem);
    cluster.knows({ node: { machine: "this-machine", ready: ["False"] }, done: [] });
    return cluster.join(result);
  };

  test("the join ends when it has one", () => expect(joined("10.0.0.2")).toEqual(through));

  test("the join fails if it gets none for its address", () => {
    expect(joined("10.0.0.22").stderr).toMatch(/asked for a serving certificate and got none .*\[KK947\]\n$/);
  });
});

test.each([
  ["another node", "/O=system:nodes/CN=system:node:master", []],
  ["an administrator", "/O=system:nodes/O=system:masters/CN=system:node:worker", []],
  ["an administrator, said first", "/O=system:masters/O=system:nodes/CN=system:node:worker", []],
  ["no node", "/CN=system:node:worker", []],
  ["a name that only begins right", "/O=system:nodes/CN=system:node:worker-2", []],
  [
    "another node, with words that look like its own name",
    "/O=system:nodes/OU=x Subject: CN=system:node:worker/CN=system:node:master",
    [],
  ],
  [
    "a further group, with words that look like the absence of attributes",
    "/OU=Attributes: (none)/O=system:nodes/CN=system:node:worker",
    ["-addext", "subjectAltName=DNS:api"],
  ],
  ["the right one, and a host's name", "/O=system:nodes/CN=system:node:worker", ["-addext", "subjectAltName=DNS:api"]],
])("a request for %s is not signed", (_, subject, options) => {
  const cluster = new Cluster();
  const { status, result, stderr } = cluster.admit(forged(subject, ...options));
  expect({ status, result, done: cluster.done }).toEqual({ status: 1, result: "", done: [] });
  expect(stderr).toMatch(
    /^worker: admit: its request for a certificate is not for CN=system:node:worker,O=system:nodes /,
  );
  expect(stderr).toContain("[KK771]");
});

test.each([
  ["a hyphen", "-"],
  ["NUL", "\0"],
  ["a form feed", "\f"],
  ["a vertical tab", "\v"],
  ["a control character", "\x01"],
])("a second request behind one that ends in %s, which the API server would read instead, isn't sent", (_, sign) => {
  const cluster = new Cluster();
  const { request, ...others } = JSON.parse(cluster.request()) as { request: string };
  const own = atob(request);
  const masters = JSON.parse(forged("/O=system:nodes/CN=system:node:master")) as { request: string };
  const both = own.replace("\n-----END", `${sign}\n-----END`) + atob(masters.request);
  const { status, stderr } = cluster.admit(JSON.stringify({ request: btoa(both), ...others }));
  expect({ status, stderr, sent: cluster.sent }).toEqual({ status: 0, stderr: "", sent: own });
});

test("an attribute that looks like the absence of attributes counts as one", () => {
  const config = path.join(temporary, "attributes.cnf");
  const subject = "[subject]\nO=system:nodes\nCN=system:node:worker";
  const attributes = "[attributes]\nchallengePassword=Attributes: (none)";
  const request = `[req]\nprompt=no\ndistinguished_name=subject\nattributes=attributes\n${subject}\n${attributes}\n`;
  fs.writeFileSync(config, request);
  const made = openssl("req", "-new", ...ecKey, "-nodes", "-keyout", "/dev/null", "-config", config);
  const requested = JSON.stringify({ request: btoa(made), machineId: "this-machine", nodeOf: "" });
  expect(new Cluster().admit(requested).stderr).toContain("[KK771]");
});

test("a worker that has joined already gets no certificate, and stays as it is", () => {
  const cluster = new Cluster({ node: { machine: "this-machine", ready: ["True"] } });
  cluster.withNode(9);
  const admitted = cluster.admit(cluster.request());
  expect(JSON.parse(admitted.result)).toEqual({ certificate: "", authority: authority.base64 });
  expect(cluster.join(admitted.result)).toEqual(through);
  expect({ done: cluster.done, kubeadm: cluster.worker.has("kubeadm") }).toEqual({ done: [listed], kubeadm: false });
  expect(cluster.worker.has("joined-by")).toBe(false);
});

test("a worker whose kubelet can't log in any more gets a certificate, and keeps all else", () => {
  const node = { machine: "this-machine", ready: ["Unknown"] };
  const cluster = new Cluster({ node }).withNode(0);
  const admitted = cluster.admit(cluster.request());
  expect(cluster.done).toEqual([...signed, listed]);
  const made = cluster.worker.read(key);
  expect(cluster.join(admitted.result)).toEqual(through);
  const { certificate } = JSON.parse(admitted.result) as { certificate: string };
  expect(cluster.worker.read(login)).toBe(atob(certificate) + made);
  expect(cluster.worker.read("systemctl")).toContain("restart kubelet\n");
  expect({ kubeadm: cluster.worker.has("kubeadm"), key: cluster.worker.has(key) }).toEqual({
    kubeadm: false,
    key: false,
  });
  expect(JSON.parse(cluster.request())).toMatchObject({ nodeOf: authority.base64 });
});

test("a worker whose kubelet can't log in any more, and that has no other certificate, is told how to ask for one", () => {
  const cluster = new Cluster({ node: { machine: "this-machine", ready: ["Unknown"] } }).withNode(0);
  expect(cluster.join(JSON.stringify({ certificate: "", authority: authority.base64 })).stderr).toMatch(
    / bin\/pulumi up --replace '\*\*-worker-request' \[KK770\]\n$/,
  );
});

test("a host with an interrupted join is no node", () => {
  const cluster = new Cluster();
  cluster.worker.write("etc/kubernetes/kubelet.conf", "kubelet");
  expect(JSON.parse(cluster.request())).toMatchObject({ nodeOf: "" });
  fs.cpSync(`${authority.dir}/ca.crt`, path.join(cluster.worker.dir, "etc/kubernetes/pki/ca.crt"));
  cluster.worker.write("etc/kubernetes/bootstrap-kubelet.conf", "bootstrap");
  expect(JSON.parse(cluster.request())).toMatchObject({ nodeOf: "" });
});

test("a node of an earlier cluster joins this one", () => {
  const cluster = new Cluster();
  cluster.worker.write("etc/kubernetes/kubelet.conf", "kubelet");
  cluster.worker.write("etc/kubernetes/pki/ca.crt", "another authority");
  const admitted = cluster.admit(cluster.request());
  cluster.knows({ node: { machine: "this-machine", ready: ["False"] }, done: [] });
  expect(cluster.join(admitted.result)).toEqual(through);
  expect(cluster.worker.read("kubeadm")).toMatch(/^(reset\n)+join\n$/);
});

test("a node whose authority was exchanged stays, although the authority that it has joined by is another one", () => {
  const cluster = new Cluster();
  const admitted = cluster.admit(cluster.request());
  cluster.worker.write("etc/kubernetes/kubelet.conf", "kubelet");
  cluster.worker.write("etc/kubernetes/pki/ca.crt", "the present authority");
  cluster.worker.write("var/lib/kubeadm-kafka/authorities", `${authority.base64}\n`);
  cluster.worker.write("var/lib/kubelet/kubeadm-flags.env", "--node-ip=10.0.0.2");
  cluster.knows({ node: { machine: "this-machine", ready: ["True"] }, done: [] });
  expect(cluster.join(admitted.result)).toEqual(through);
  expect(cluster.worker.has("kubeadm")).toBe(false);
});

test("another machine's leftover Node is deleted once it no longer looks alive; the same machine's stays", () => {
  const another = new Cluster({ node: { machine: "another", ready: ["True", "Unknown"] } });
  expect(another.admit(another.request())).toMatchObject({ status: 0, stderr: "" });
  expect(another.done).toEqual(["delete node", ...signed, listed]);
  const same = new Cluster({ node: { machine: "this-machine", ready: ["Unknown"] } });
  same.admit(same.request());
  expect(same.done).toEqual([...signed, listed]);
});

test("a living Node at the worker's own address is never deleted, since the request is from a former machine", () => {
  const alive = ["2026-11-28T12:00:00Z", "2026-11-28T12:00:00Z", "2026-11-28T12:00:10Z"];
  const node = { machine: "another", address: "10.0.0.2", ready: ["True"], renewed: alive };
  const cluster = new Cluster({ node });
  const { stderr } = cluster.admit(cluster.request());
  expect(stderr).toMatch(
    /^worker: admit: its request .* the machine with the id this-machine, .* with the id another; /,
  );
  expect(stderr).toContain("bin/pulumi up --replace '**-worker-request'. The node was left as it is [KK845]");
  expect(cluster.done).toEqual([]);
});

test("a Node that isn't ready doesn't count as left behind", () => {
  const renewed = ["2026-11-28T12:00:00Z", "2026-11-28T12:00:10Z"];
  const cluster = new Cluster({ node: { machine: "another", ready: ["False"], renewed } });
  expect(cluster.admit(cluster.request()).stderr).toContain("[KK772]");
  expect(cluster.done).toEqual([]);
});

test("a former machine's Node at the worker's address is deleted once it no longer looks alive", () => {
  const node = {
    machine: "another",
    address: "10.0.0.2",
    ready: ["True", "Unknown"],
    renewed: ["2026-11-28T12:00:00Z"],
  };
  const cluster = new Cluster({ node });
  cluster.admit(cluster.request());
  expect(cluster.done).toEqual(["delete node", ...signed, listed]);
});

test("a machine can't take the name of another one that lives", () => {
  const cluster = new Cluster({ node: { machine: "another", ready: ["True"] } });
  const { stderr } = cluster.admit(cluster.request(), "worker", "worker", 1);
  expect(stderr).toMatch(/^worker: admit: the cluster has a node of this name that is alive .*\[KK772\]\n$/s);
  expect(cluster.done).toEqual([]);
});

test("a worker that was about to leave accepts pods again, one that somebody else has cordoned doesn't", () => {
  const node = { machine: "this-machine", ready: ["True"] };
  const back = new Cluster({ node: { ...node, leaves: true } });
  back.admit(back.request());
  expect(back.done).toEqual([...signed, listed, "uncordon worker", "annotate node worker kubeadm-kafka/leaves-"]);
  const cordoned = new Cluster({ node });
  cordoned.admit(cordoned.request());
  expect(cordoned.done).toEqual([...signed, listed]);
});

test("a failed join continues later with the same certificate, even if its node no longer looks ready", () => {
  const cluster = new Cluster();
  const { result } = cluster.admit(cluster.request());
  cluster.worker.write("fails", "");
  expect(cluster.join(result).stderr).toContain('worker: join failed at "kubeadm join"');
  cluster.knows({ node: { machine: "this-machine", ready: ["True", "Unknown"] }, done: [] });
  expect(cluster.join(result)).toEqual(through);
});

describe("a useless certificate is reported before it is used, with the command for another one", () => {
  const refused = (cluster: Cluster, admitted: string) => {
    const { status, stderr } = cluster.join(admitted);
    expect({ status, kubeadm: cluster.worker.has("kubeadm") }).toEqual({ status: 1, kubeadm: false });
    expect(stderr).toMatch(
      /^worker: join: has no certificate .* bin\/pulumi up --replace '\*\*-worker-request' \[KK770\]\n$/,
    );
  };

  test("an expired certificate", () => {
    const cluster = new Cluster({ days: 0 });
    refused(cluster, cluster.admit(cluster.request()).result);
  });

  test("a certificate for another key, since the host made a new one, or its disk is new", () => {
    const cluster = new Cluster();
    const before = cluster.request();
    const admitted = cluster.admit(before).result;
    expect(cluster.request()).not.toBe(before);
    refused(cluster, admitted);
    fs.rmSync(path.join(cluster.worker.dir, key));
    refused(cluster, admitted);
  });

  test("no certificate, since the worker was a node when it was asked and no longer is", () => {
    const cluster = new Cluster();
    cluster.request();
    refused(cluster, JSON.stringify({ certificate: "", authority: authority.base64 }));
  });
});

describe("a control plane", () => {
  const bound =
    "apply Role kubeadm-kafka:control-planes RoleBinding kubeadm-kafka:joins:second Role kubeadm-kafka:control-planes User system:node:second";
  const signedForSecond = signed.map((line) => line.replace("-worker-", "-second-"));
  const admitted = (known: Partial<Api> = {}) => {
    const cluster = new Cluster(known).isMade();
    return { cluster, ...cluster.admit(cluster.request("second"), "control-plane", "second") };
  };

  test("joins with a certificate for its own node, which may read the shared certificates, and without a token", () => {
    const { cluster, stderr, result } = admitted();
    expect({ stderr, done: cluster.done }).toEqual({ stderr: "", done: [listed, bound, ...signedForSecond] });
    const made = cluster.worker.read(key);
    expect(cluster.joinControlPlane(result).stderr).toContain('second: control-plane failed at "kubeadm join"');
    expect(cluster.worker.read("kubeadm")).toBe("download-certs\n");
    const { certificate } = JSON.parse(result) as { certificate: string };
    const joinedBy = cluster.worker.read("joined-by");
    expect(joinedBy).toContain(`{client-certificate-data: "${certificate}", client-key-data: "${btoa(made)}"}`);
    expect(joinedBy).not.toContain("token");
  });

  test("whose authority was exchanged stays, although the authority that it has joined by is another one", () => {
    const { cluster, result } = admitted({ serves: true });
    cluster.worker.write("etc/kubernetes/kubelet.conf", "kubelet");
    cluster.worker.write("etc/kubernetes/pki/ca.crt", "the present authority");
    cluster.worker.write("var/lib/kubeadm-kafka/cluster", "other settings");
    cluster.worker.write("var/lib/kubeadm-kafka/authorities", `${authority.base64}\n`);
    expect(cluster.joinControlPlane(result).stderr).toContain("[KK714]");
    expect(cluster.worker.has("kubeadm")).toBe(false);
  });

  test("gets a certificate only for its own node", () => {
    const cluster = new Cluster().isMade();
    const { stderr } = cluster.admit(forged("/O=system:nodes/CN=system:node:master"), "control-plane", "second");
    expect(stderr).toContain("[KK771]");
    expect(cluster.done).toEqual([]);
  });

  test("that is a member already gets no certificate, whatever it requests", () => {
    const { cluster, result } = admitted({ serves: true });
    expect({ ...JSON.parse(result), done: cluster.done }).toEqual({
      certificate: "",
      authority: authority.base64,
      done: [],
    });
  });

  test("that makes the cluster gets no certificate from one that isn't a member yet", () => {
    const cluster = new Cluster();
    const { result } = cluster.admit(cluster.request("second"), "control-plane", "second");
    expect({ ...JSON.parse(result), done: cluster.done }).toEqual({ certificate: "", authority: "", done: [] });
  });

  test("whose certificate has expired fails with that before it uses the certificate", () => {
    const { cluster, result } = admitted({ days: 0 });
    expect(cluster.joinControlPlane(result).stderr).toMatch(
      / bin\/pulumi up --replace '\*\*-second-request' \[KK770\]\n$/,
    );
    expect(cluster.worker.has("kubeadm")).toBe(false);
  });
});

test("an error on a control plane names the worker, the step and that control plane", () => {
  const { stderr } = new Cluster().admit(JSON.stringify({ request: btoa("noise"), machineId: "", nodeOf: "" }));
  expect(stderr).toMatch(
    /^worker: admit failed at "check the request" .* The end of \S+kubeadm-kafka\.log on master:\n/,
  );
});
