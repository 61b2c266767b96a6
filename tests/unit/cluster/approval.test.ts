import { execFileSync, spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { actions } from "../../../components/cluster/actions";
import { composeScript, readScript } from "../../../components/cluster/hostScript";

// Generous: it is about what happens, not about how busy the machine is.
jest.setTimeout(120_000);

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "approval-"));
afterAll(() => fs.rmSync(temporary, { recursive: true }));

/** A CertificateSigningRequest, as far as approve-kubelets.sh reads it. */
interface Request {
  readonly conditions: string;
  readonly signer: string;
  readonly user: string;
  readonly groups: readonly string[];
  readonly usages: readonly string[];
  /** PEM. */
  readonly text: string;
}

/** A request for a certificate, made by openssl as a kubelet makes it. @param names subjectAltName @default none */
function pem(subject: string, names = ""): string {
  const config = path.join(temporary, "openssl.cnf");
  fs.writeFileSync(config, "[req]\ndistinguished_name = subject\n[subject]\n");
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "/dev/null"];
  const words = ["req", "-new", ...key, "-subj", subject, "-config", config, ...(names ? ["-addext", names] : [])];
  return execFileSync("openssl", words, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
}

const SUBJECT = "/O=system:nodes/CN=system:node:worker";
const NAMES = "subjectAltName=DNS:worker,IP:10.0.0.5";
const plain = pem(SUBJECT, NAMES);

/** The request of a kubelet, written by Go's crypto/x509. */
const kubelets = `-----BEGIN CERTIFICATE REQUEST-----
MIIBGTCBwAIBADA0MRUwEwYDVQQKEwxzeXN0ZW06bm9kZXMxGzAZBgNVBAMTEnN5
c3RlbTpub2RlOndvcmtlcjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABCjyvuM3
ZmeAiYGm1vtXeVZ4YyMuU0EPOzEmUlyJn/jMnyHZQHXmwLv21JtKeWbzbFM0P7on
PrvKATEfbVXojOygKjAoBgkqhkiG9w0BCQ4xGzAZMBcGA1UdEQQQMA6CBndvcmtl
cocECgAABTAKBggqhkjOPQQDAgNIADBFAiBkdLeuz7C3kdHozWQwu/ltjFUvWvyd
iLbwjkHYN8kTJgIhAN2LDS+KAPJwrFuKeWKoww3bVCNkZuKQcADJt6mRIfYF
-----END CERTIFICATE REQUEST-----
`;

/** A request in ASN.1, part by part. Its signature is none, which only the signer looks at. */
const asn1 = {
  /** @param isWide whether the length takes one octet more than it has to: BER, but not DER */
  of: (tag: number, parts: readonly Buffer[], isWide = false): Buffer => {
    const content = Buffer.concat(parts);
    const { length } = content;
    const octets = length > 255 ? [0x82, length >> 8, length & 255] : length > 127 ? [0x81, length] : [length];
    return Buffer.concat([Buffer.from([tag, ...(isWide ? [0x81] : []), ...octets]), content]);
  },
  hex: (text: string): Buffer => Buffer.from(text, "hex"),
  name: (type: "0603550403" | "060355040a", value: string): Buffer =>
    asn1.of(0x31, [asn1.of(0x30, [asn1.hex(type), asn1.of(0x0c, [Buffer.from(value)])])]),
  /** An attribute that asks for names of the certificate. */
  names: (name: string, address?: readonly number[], isWide = false): Buffer => {
    const names = asn1.of(0x30, [
      asn1.of(0x82, [Buffer.from(name)]),
      ...(address ? [asn1.of(0x87, [Buffer.from(address)])] : []),
    ]);
    const extension = asn1.of(0x30, [asn1.hex("0603551d11"), asn1.of(0x04, [names])]);
    return asn1.of(0x30, [asn1.hex("06092a864886f70d01090e"), asn1.of(0x31, [asn1.of(0x30, [extension])], isWide)]);
  },
  /** @param behind what follows the public key */
  request: (...behind: Buffer[]): string => {
    const key = generateKeyPairSync("ec", { namedCurve: "prime256v1" }).publicKey.export({
      type: "spki",
      format: "der",
    });
    const subject = [asn1.name("060355040a", "system:nodes"), asn1.name("0603550403", "system:node:worker")];
    const info = asn1.of(0x30, [asn1.hex("020100"), asn1.of(0x30, subject), key, ...behind]);
    const signature = [asn1.hex("300a06082a8648ce3d040302"), asn1.of(0x03, [asn1.hex("003006020101020101")])];
    const lines = asn1
      .of(0x30, [info, ...signature])
      .toString("base64")
      .match(/.{1,64}/g)!;
    return ["-----BEGIN CERTIFICATE REQUEST-----", ...lines, "-----END CERTIFICATE REQUEST-----", ""].join("\n");
  },
};
const NOT_ALONE =
  "it is not for CN=system:node:worker,O=system:nodes with DNS:worker, IP Address:10.0.0.5 alone, or not in ";
const own = [10, 0, 0, 5];
const masters = [10, 0, 0, 4];
const right: Request = {
  conditions: "",
  signer: "kubernetes.io/kubelet-serving",
  user: "system:node:worker",
  groups: ["system:nodes", "system:authenticated"],
  usages: ["digital signature", "server auth"],
  text: plain,
};

/** A control plane whose service looks at requests, a number of times instead of forever. */
class ControlPlane {
  private readonly dir = fs.mkdtempSync(path.join(temporary, "machine-"));

  constructor(...requests: Request[]) {
    for (const folder of ["bin", "run", "log", "requests", "var/lib/kubeadm-kafka", "var/lib/kubelet"])
      fs.mkdirSync(path.join(this.dir, folder), { recursive: true });
    for (const [name, script] of Object.entries(programs))
      fs.writeFileSync(path.join(this.dir, "bin", name), `#!/bin/bash\n${script}`, { mode: 0o755 });
    this.write("var/lib/kubeadm-kafka/owner", "ours");
    this.write("var/lib/kubelet/kubeadm-flags.env", 'KUBELET_KUBEADM_ARGS="--node-ip=10.0.0.4"');
    this.list({ master: "10.0.0.4", worker: "10.0.0.5", "worker-2": "10.0.0.6" });
    for (const [index, request] of requests.entries()) this.request(`csr-${index}`, request);
  }

  request(name: string, request: Request): void {
    this.write(`requests/${name}`, fieldsOf(request, `uid-of-${name}`));
  }

  /** Lets somebody delete a request as soon as it is read, and make another one of that name. */
  replaceOnceRead(name: string, by: Request): void {
    this.write(`later-${name}`, fieldsOf(by, "another uid"));
  }

  list(addresses: Record<string, string>): void {
    const lines = Object.entries(addresses).map(([name, address]) => `${name}=${address}\n`);
    this.write("addresses", lines.join(""));
  }

  /** @param rounds lists of addresses, one for each look at the requests @default one look */
  approve(...rounds: Record<string, string>[]) {
    for (const [index, round] of rounds.entries()) {
      this.list(round);
      fs.copyFileSync(this.path("addresses"), this.path(`addresses-${index + 1}`));
    }
    const script = composeScript("master", actions.approveKubelets, { CLUSTER: "ours" })
      .replaceAll(/\/(run|var\/lib)\//g, `${this.dir}/$1/`)
      .replace("RECORD=/var/lib", `RECORD=${this.dir}/var/lib`)
      .replace("while true; do", "for login in 1; do")
      .replace("while ((SECONDS < until)); do", `for round in $(seq ${Math.max(rounds.length, 1)}); do export round`);
    const env = { PATH: `${this.dir}/bin:${process.env.PATH}`, DIR: this.dir };
    const { status, stderr } = spawnSync("bash", ["-s", "--", "create"], { input: script, encoding: "utf8", env });
    return { status, approved: this.read("approved").split("\n").filter(Boolean), said: stderr };
  }

  read(name: string): string {
    return fs.existsSync(this.path(name)) ? fs.readFileSync(this.path(name), "utf8") : "";
  }

  private path(name: string): string {
    return path.join(this.dir, name);
  }

  private write(name: string, text: string): void {
    fs.writeFileSync(this.path(name), text);
  }
}

/** What kubectl prints for the script's template. */
function fieldsOf({ conditions, signer, user, groups, usages, text }: Request, uid: string): string {
  const quoted = groups.map((group) => `${JSON.stringify(group)} `).join("");
  const list = usages.map((usage) => `${usage},`).join("");
  return [conditions, uid, signer, user, quoted, list, Buffer.from(text).toString("base64")].join("\n");
}

const programs = {
  kubeadm: `
    case $1 in
    version) echo v1.34.4 ;;
    *) echo "$@" >"$DIR/login"; echo "a kubeconfig" ;;
    esac`,
  kubectl: `
    [[ $(<"$KUBECONFIG") == "a kubeconfig" ]] || exit 1
    case "$*" in
    "get --raw"*) ;;
    *--watch*) (cd "$DIR/requests" && ls | sed 's,^,certificatesigningrequest.certificates.k8s.io/,'); exit 124 ;;
    "get certificatesigningrequest "*) echo "$3" >>"$DIR/asked"; cat "$DIR/requests/$3" 2>/dev/null || true; mv "$DIR/later-$3" "$DIR/requests/$3" 2>/dev/null || true ;;
    "get configmap "*) if [[ -e $DIR/addresses-$round ]]; then cat "$DIR/addresses-$round"; else cat "$DIR/addresses"; fi ;;
    "replace --raw /apis/certificates.k8s.io/v1/certificatesigningrequests/"*/approval*)
      name=\${3%/approval}
      name=\${name##*/}
      grep --quiet "name.*: .$name., .uid.: .$(sed -n 2p "$DIR/requests/$name")." || exit 1
      echo "$name" >>"$DIR/approved"
      sed --in-place '1s/^/Approved /' "$DIR/requests/$name"
      ;;
    *) exit 1 ;;
    esac`,
};

test("a node's request for its own name and its listed address is approved, by a user of its own", () => {
  const machine = new ControlPlane(right, {
    ...right,
    usages: ["key encipherment", "server auth", "digital signature"],
  });
  expect(machine.approve()).toEqual({ status: 0, approved: ["csr-0", "csr-1"], said: "" });
  expect(machine.read("login")).toContain("--client-name kubeadm-kafka:approver --validity-period 2h");
});

test("a request in the words of Go, as a kubelet's, is approved", () => {
  const text = asn1.request(asn1.of(0xa0, [asn1.names("worker", own)]));
  expect(new ControlPlane({ ...right, text: kubelets }, { ...right, text }).approve().approved).toEqual([
    "csr-0",
    "csr-1",
  ]);
});

test.each<[string, Partial<Request>, string]>([
  [
    "for another address",
    { text: pem(SUBJECT, "subjectAltName=DNS:worker,IP:10.0.0.6") },
    "DNS:worker, IP Address:10.0.0.6",
  ],
  ["for another name", { text: pem(SUBJECT, "subjectAltName=DNS:api,IP:10.0.0.5") }, "DNS:api, IP Address:10.0.0.5"],
  ["for a further address", { text: pem(SUBJECT, `${NAMES},IP:10.0.0.4`) }, "IP Address:10.0.0.5, IP Address:10.0.0.4"],
  ["for a further name", { text: pem(SUBJECT, `${NAMES},DNS:api`) }, "IP Address:10.0.0.5, DNS:api"],
  ["for an e-mail address", { text: pem(SUBJECT, `${NAMES},email:root@worker`) }, "email:root@worker"],
  ["for a URI", { text: pem(SUBJECT, `${NAMES},URI:https://api`) }, "URI:https://api"],
  [
    "for two names in one",
    { text: asn1.request(asn1.of(0xa0, [asn1.names("worker, IP Address:10.0.0.5")])) },
    NOT_ALONE,
  ],
  ["without its address", { text: pem(SUBJECT, "subjectAltName=DNS:worker") }, "DNS:worker"],
  ["without any name", { text: pem(SUBJECT) }, "CN=system:node:worker,O=system:nodes, (none)"],
  ["with another extension", { text: pem(SUBJECT, "basicConstraints=CA:TRUE") }, "X509v3 Basic Constraints: CA:TRUE"],
  [
    "for another node's subject",
    { text: pem("/O=system:nodes/CN=system:node:worker-2", NAMES) },
    "is for: CN=system:node:worker-2,O=system:nodes,",
  ],
  [
    "for a further group",
    { text: pem("/O=system:masters/O=system:nodes/CN=system:node:worker", NAMES) },
    "O=system:nodes,O=system:masters",
  ],
  [
    "for another node's subject, with words that look like its own one",
    { text: pem("/O=system:nodes/OU=x Subject: CN=system:node:worker/CN=system:node:master", NAMES) },
    NOT_ALONE,
  ],
  [
    "with its own names where openssl reads them, and another host's where Go does",
    { text: asn1.request(asn1.of(0xa0, [asn1.names("worker", own, true), asn1.names("master", masters)])) },
    NOT_ALONE,
  ],
  [
    "with its own names behind another host's",
    { text: asn1.request(asn1.of(0xa0, [asn1.names("master", masters)]), asn1.of(0xa0, [asn1.names("worker", own)])) },
    NOT_ALONE,
  ],
  ["of another node", { user: "system:node:worker-2" }, "it is not for CN=system:node:worker-2"],
  ["of an administrator", { user: "kubernetes-admin", groups: ["kubeadm:cluster-admins"] }, "is not a node"],
  ["of a user without the nodes' group", { groups: ["system:authenticated"] }, "is not a node"],
  ["of a user whose group has that one's name in it", { groups: ['a,system:nodes,"system:nodes" '] }, "is not a node"],
  ["of a node whose name is a pattern", { user: "system:node:w.*" }, "the config has no host w.*"],
  ["of a host that isn't in the config", { user: "system:node:stranger" }, "the config has no host stranger"],
  ["for a client", { usages: [...right.usages, "client auth"] }, "it is for client auth,digital signature,server auth"],
  ["for no server", { usages: ["digital signature"] }, "it is for digital signature"],
  ["to another signer", { signer: "kubernetes.io/kube-apiserver-client" }, "is not a request to"],
  ["with two texts", { text: pem(SUBJECT) + plain }, NOT_ALONE],
  ["with words before its text", { text: `-----BEGIN X-----\n${plain}` }, NOT_ALONE],
  ["with a name of two lines", { user: "system:node:worker\nsystem:node:worker" }, "is not a"],
])("a request %s isn't approved, and the journal says why, once", (_, wrong, why) => {
  const machine = new ControlPlane({ ...right, ...wrong }, right);
  const list = { worker: "10.0.0.5", "worker-2": "10.0.0.6", master: "10.0.0.4" };
  const { status, approved, said } = machine.approve(list, list);
  expect({ status, approved }).toEqual({ status: 0, approved: ["csr-1"] });
  expect(said.match(/csr-0 was not approved/g)).toHaveLength(1);
  expect(said).toContain(why);
});

test("a request that somebody has approved or denied stays as it is", () => {
  const machine = new ControlPlane({ ...right, conditions: "Approved " }, { ...right, conditions: "Denied " });
  expect(machine.approve()).toEqual({ status: 0, approved: [], said: "" });
});

test("a request that somebody has put in the place of the one that was judged isn't approved", () => {
  const machine = new ControlPlane(right);
  machine.replaceOnceRead("csr-0", { ...right, text: pem("/O=system:nodes/CN=system:node:master", NAMES) });
  expect(machine.approve({ worker: "10.0.0.5" }, { worker: "10.0.0.5" })).toMatchObject({ status: 0, approved: [] });
  expect(machine.read("asked")).toBe("csr-0\ncsr-0\n");
});

test("a name that could be an option of kubectl's is left alone", () => {
  const machine = new ControlPlane(right);
  machine.request("--kubeconfig=mine", right);
  machine.request("csr-0 --force", right);
  expect(machine.approve()).toEqual({ status: 0, approved: ["csr-0"], said: "" });
  expect(machine.read("asked")).toBe("csr-0\n");
});

test("a request is looked at again, since its host may be listed a moment later", () => {
  expect(new ControlPlane(right).approve({ master: "10.0.0.4" }, { worker: "10.0.0.5" })).toMatchObject({
    approved: ["csr-0"],
    said: expect.stringContaining("the config has no host worker") as string,
  });
});

test("each host has an entry in the list, which it loses when it leaves", () => {
  const said = (command: string) => {
    const kubectl = `kubectl() { if [[ $1 == get ]]; then echo "$known"; else echo "$*"; fi; [[ $1 != apply ]] || cat; }`;
    const script = [kubectl, readScript("lib/addresses"), command].join("\n");
    return execFileSync("bash", ["-c", script], { encoding: "utf8" });
  };
  expect(said("list_address worker 10.0.0.5")).toMatch(/^apply --server-side [^]*\ndata: {"worker": "10.0.0.5"}\n$/);
  expect(said("known=configmap/kubeadm-kafka-addresses; unlist_address worker")).toBe(
    'patch configmap/kubeadm-kafka-addresses --namespace kube-system --type merge --patch {"data":{"worker":null}}\n',
  );
  expect(said("known=; unlist_address worker")).toBe("");
});

test("the service's user may approve requests to that signer, and nothing else", () => {
  const rules = readScript("certificates").split("rules:")[1]!.split("---")[0]!;
  expect(rules.match(/verbs: \[.*\]/g)).toEqual([
    "verbs: [get, list, watch]",
    "verbs: [update]",
    "verbs: [approve]",
    "verbs: [get]",
  ]);
  expect(rules).toContain("resources: [signers], resourceNames: [kubernetes.io/kubelet-serving]");
  expect(rules).toContain("resources: [configmaps], resourceNames: [kubeadm-kafka-addresses]");
});
