import { execFileSync, spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { actions } from "../../../components/cluster/actions";
import { composeScript } from "../../../components/cluster/hostScript";
import {
  authorityKubeletInputs,
  authorityUseInputs,
  controlPlaneAuthorityInputs,
  workerAuthorityInputs,
} from "../../../components/cluster/steps/authorityPlan";
import { scriptClock } from "../../support/scriptClock";
import { KUBECTL_WITH_TURNS } from "../../support/turns";

// Generous: it is about what happens, not about how busy the machine is.
jest.setTimeout(900_000);

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "authorities-"));
afterAll(() => fs.rmSync(temporary, { recursive: true }));
const clock = scriptClock(temporary);

type Pass = "authorityAdd" | "authorityUse" | "authorityKubelet" | "authorityDrop";
type Step = readonly [host: string, pass: Pass];

const pki = "etc/kubernetes/pki";
const authorities = { ca: "kubernetes", "etcd/ca": "etcd-ca", "front-proxy-ca": "front-proxy-ca" };
/** kubeadm's certificates: their files, and the authorities that sign them. */
const leaves: Readonly<Record<string, readonly [file: string, authority: keyof typeof authorities]>> = {
  apiserver: [`${pki}/apiserver.crt`, "ca"],
  "apiserver-kubelet-client": [`${pki}/apiserver-kubelet-client.crt`, "ca"],
  "apiserver-etcd-client": [`${pki}/apiserver-etcd-client.crt`, "etcd/ca"],
  "front-proxy-client": [`${pki}/front-proxy-client.crt`, "front-proxy-ca"],
  "etcd-server": [`${pki}/etcd/server.crt`, "etcd/ca"],
  "etcd-peer": [`${pki}/etcd/peer.crt`, "etcd/ca"],
  "etcd-healthcheck-client": [`${pki}/etcd/healthcheck-client.crt`, "etcd/ca"],
  "admin.conf": ["etc/kubernetes/admin.conf", "ca"],
  "controller-manager.conf": ["etc/kubernetes/controller-manager.conf", "ca"],
  "scheduler.conf": ["etc/kubernetes/scheduler.conf", "ca"],
};
const pods = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"];

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const fromBase64 = (text = ""): string => Buffer.from(text, "base64").toString();
const certificatesIn = (pem: string): string[] =>
  pem.match(/-----BEGIN CERTIFICATE-----\n[^-]*-----END CERTIFICATE-----\n/g) ?? [];
const trustIn = (config: string): string => fromBase64(/certificate-authority-data: (.*)/.exec(config)?.[1]);
const clientIn = (config: string): string => fromBase64(/client-certificate-data: (.*)/.exec(config)?.[1]);

const known = new Map<string, boolean>();

/** Whether one of the trusted certificates has signed the leaf. */
function isKnown(leaf: string, trusted: string): boolean {
  const [signed] = certificatesIn(leaf);
  return certificatesIn(trusted).some((authority) => {
    const pair = signed! + authority;
    if (!known.has(pair))
      known.set(pair, new X509Certificate(signed!).verify(new X509Certificate(authority).publicKey));
    return known.get(pair)!;
  });
}

/**
 * Control planes and a worker. A static pod and a kubelet have the certificates that were in their files when they started, and each
 * of these starts keeps what all of them have then. The last control plane's controller manager leads: it signs, and publishes the
 * authority to pods.
 */
class Cluster {
  private static readonly originals = new Map<string, Cluster>();

  readonly dir = fs.mkdtempSync(path.join(temporary, "cluster-"));
  readonly hosts: readonly string[];
  private readonly results = new Map<string, string>();
  private readonly done = new Set<string>();

  private constructor(
    readonly masters: readonly string[],
    readonly workers: readonly string[],
  ) {
    this.hosts = [...masters, ...workers];
  }

  /** A cluster whose first keys, certificates and starts are those of all clusters with these hosts: they are made once. */
  static of(masters: readonly string[], workers: readonly string[] = ["worker"]): Cluster {
    const hosts = JSON.stringify([masters, workers]);
    if (!this.originals.has(hosts)) this.originals.set(hosts, new Cluster(masters, workers).make());
    return this.originals.get(hosts)!.clone();
  }

  private make(): this {
    for (const [name, script] of Object.entries(programs)) this.write(`bin/${name}`, `#!/bin/bash\n${script}`, 0o755);
    for (const name of Object.keys(authorities)) this.openssl("authority", this.file(`shared/${name}`), name);
    for (const host of this.hosts) this.add(host);
    this.write("leader", this.masters.at(-1)!);
    this.write("info", `    certificate-authority-data: ${base64(this.read("shared/ca.crt"))}\n`);
    const old = new Date(Date.now() - 60_000).toISOString().slice(0, 19);
    this.write("pods", `kube-system dns-1 ${old}Z ReplicaSet/dns \nkube-system proxy-1 ${old}Z DaemonSet/proxy \n`);
    for (const pod of ["dns-1", "proxy-1"]) this.write(`roots/${pod}`, this.read("shared/ca.crt"));
    return this;
  }

  private add(host: string): void {
    fs.appendFileSync(this.file("nodes"), `${host}\n`);
    this.write(`${host}/var/lib/kubeadm-kafka/owner`, "kafka\n");
    this.write(`${host}/var/lib/kubelet/kubeadm-flags.env`, "--node-ip=10.0.0.4\n");
    for (const folder of ["run", "var/log"]) fs.mkdirSync(this.file(`${host}/${folder}`), { recursive: true });
    const authority = `certificate-authority-data: ${base64(this.read("shared/ca.crt"))}`;
    this.write(`${host}/etc/kubernetes/kubelet.conf`, `    ${authority}\n    client-certificate: the link\n`);
    fs.mkdirSync(this.file(`${host}/${pki}/etcd`), { recursive: true });
    fs.cpSync(this.file("shared/ca.crt"), this.file(`${host}/${pki}/ca.crt`));
    this.write(`${host}/var/lib/kubelet/pki/kubelet-client-1.pem`, "");
    this.openssl("leaf", this.file(`${host}/var/lib/kubelet/pki/kubelet-client-1.pem`), this.file("shared/ca"));
    for (const usage of ["client", "server"])
      fs.symlinkSync("kubelet-client-1.pem", this.file(`${host}/var/lib/kubelet/pki/kubelet-${usage}-current.pem`));
    if (this.masters.includes(host)) {
      fs.cpSync(this.file("shared"), this.file(`${host}/${pki}`), { recursive: true });
      fs.cpSync(this.file("shared/ca.crt"), this.file(`${host}/${pki}/kubeadm-kafka-signer.crt`));
      this.write(`${host}/var/lib/kubeadm-kafka/cluster`, "podCidr 10.0.0.0/8\n");
      const flag = `- --cluster-signing-cert-file=${this.file(host)}/${pki}/kubeadm-kafka-signer.crt\n`;
      this.write(`${host}/etc/kubernetes/manifests/kube-controller-manager.yaml`, flag);
      for (const name of Object.keys(leaves)) this.as(host, "kubeadm", "certs", "renew", name);
    } else {
      this.write(`${host}/etc/kubeadm-kafka/ca.crt`, this.read("shared/ca.crt"));
      const proxyFile = `${this.file(host)}/etc/kubeadm-kafka/ca.crt`;
      this.write(`${host}/var/lib/kubeadm-kafka/applied/join`, `file ${proxyFile} checksum-of-before\n`);
    }
    this.age(this.file(`${host}/etc`), this.file(`${host}/var`));
    for (const pod of this.masters.includes(host) ? pods : []) this.as(host, "start", pod, "100 seconds ago");
    this.as(host, "start", "kubelet", "100 seconds ago");
  }

  /** Makes files a few minutes old. */
  private age(...folders: string[]): void {
    execFileSync("find", [...folders, "-exec", "touch", "--no-dereference", "--date", "5 minutes ago", "{}", "+"]);
  }

  private openssl(...words: string[]): void {
    execFileSync(this.file("bin/make"), words, { stdio: "ignore" });
  }

  private as(host: string, program: string, ...words: string[]): void {
    execFileSync(this.file(`bin/${program}`), words, { env: this.env(host, Infinity), stdio: "ignore" });
  }

  private env(host: string, dies: number) {
    return { PATH: `${this.file("bin")}:${process.env.PATH}`, ...clock, DIR: this.dir, AT: host, DIES: String(dies) };
  }

  file(name: string): string {
    return path.join(this.dir, name);
  }

  write(name: string, content: string, mode = 0o644): void {
    fs.mkdirSync(path.dirname(this.file(name)), { recursive: true });
    fs.writeFileSync(this.file(name), content, { mode });
  }

  read(name: string): string {
    return fs.existsSync(this.file(name)) ? fs.readFileSync(this.file(name), "utf8") : "";
  }

  /** @param dies the number of the command before which the host loses its power @param patience of the script, in seconds */
  run([host, pass]: Step, generation = 2, dies = Infinity, patience?: number) {
    const root = this.file(host);
    const script = composeScript(host, actions[pass], { CLUSTER: "kafka", ...this.inputs([host, pass], generation) })
      .replaceAll(/\/(run|etc\/kubernetes|var\/lib|var\/log)\//g, `${root}/$1/`)
      .replaceAll("/etc/kubeadm-kafka", `${root}/etc/kubeadm-kafka`)
      .replaceAll(/SECONDS \+ \d+/g, patience === undefined ? "$&" : `SECONDS + ${patience}`);
    fs.rmSync(this.file("commands"), { force: true });
    // A group of its own, which loses its power as a whole.
    this.write("script", script); // bash reads a pipe byte by byte
    const { status, stderr, stdout } = spawnSync("setsid", ["--wait", "bash", this.file("script"), "create"], {
      encoding: "utf8",
      env: this.env(host, dies),
    });
    const result = /begins -----\n(.*)\n----- /.exec(stdout)?.[1];
    if (status === 0 && result) this.results.set(this.masters.includes(host) ? pass : `${pass} ${host}`, result);
    const commands = this.read("commands").split("\n").filter(Boolean);
    return { status: status!, stderr, commands, log: this.read(`${host}/var/log/kubeadm-kafka.log`) };
  }

  private inputs([host, pass]: Step, generation: number) {
    const exchange = { generation, certificateKey: "the key of certificates" };
    const printed = (of: Pass): string => this.results.get(of) ?? "";
    if (pass === "authorityKubelet") return authorityKubeletInputs(generation, printed("authorityUse"));
    const unjoined = (of: Pass) =>
      this.workers.filter((worker) => this.results.get(`${of} ${worker}`) === "no node yet");
    if (pass === "authorityUse") return authorityUseInputs(exchange, unjoined("authorityAdd"));
    return this.masters.includes(host)
      ? controlPlaneAuthorityInputs(exchange, pass === "authorityDrop" ? unjoined("authorityKubelet") : [])
      : workerAuthorityInputs(generation, printed(pass));
  }

  /** The passes in the order in which `up` runs them. */
  get steps(): Step[] {
    const on = (pass: Pass, hosts: readonly string[]): Step[] => hosts.map((host) => [host, pass]);
    const { masters, hosts } = this;
    return [
      ...on("authorityAdd", hosts),
      ...on("authorityUse", masters),
      ...on("authorityKubelet", hosts),
      ...on("authorityDrop", hosts),
    ];
  }

  /** What `pulumi up` does: the steps that have not succeeded with this number yet, until one fails. */
  up(generation = 2, stopsBefore?: Step): { status: number; stderr: string } {
    for (const step of this.steps) {
      const key = `${step.join(" ")} ${generation}`;
      if (this.done.has(key)) continue;
      if (stopsBefore?.join() === step.join()) return { status: 137, stderr: "" };
      const { status, stderr } = this.run(step, generation, Infinity, 5);
      if (status !== 0) return { status, stderr };
      this.done.add(key);
    }
    return { status: 0, stderr: "" };
  }

  /** The same cluster in another folder, without the moments of its past: each would have a folder of certificates. */
  clone(): Cluster {
    const clone = new Cluster(this.masters, this.workers);
    for (const [pass, result] of this.results) clone.results.set(pass, result);
    for (const step of this.done) clone.done.add(step);
    const parts = fs.readdirSync(this.dir).filter((part) => part !== "moments");
    execFileSync("cp", ["--archive", ...parts.map((part) => this.file(part)), clone.dir]);
    const moved = ["-rlF", this.dir, ...parts.map((part) => clone.file(part))];
    const texts = spawnSync("grep", moved, { encoding: "utf8" }).stdout.split("\n").filter(Boolean);
    for (const text of texts) fs.writeFileSync(text, fs.readFileSync(text, "utf8").replaceAll(this.dir, clone.dir));
    return clone;
  }

  /** Clients that met an authority that they don't have, or whom a server doesn't know, at some start of a static pod or kubelet. */
  strangers(): string[] {
    if (!fs.existsSync(this.file("moments"))) return []; // nothing has started since it was cloned
    const moments = fs.readdirSync(this.file("moments")).sort((a, b) => Number(a) - Number(b));
    return moments.flatMap((moment) => this.strangersAt(`moments/${moment}`).map((found) => `${moment}: ${found}`));
  }

  private strangersAt(moment: string): string[] {
    const has = (host: string, program: string, file: string): string =>
      this.read(`${moment}/${host}/${program}/${file}`);
    const found: string[] = [];
    const check = (what: string, leaf: string, trusted: string): void => {
      if (leaf && trusted && !isKnown(leaf, trusted)) found.push(what);
    };
    for (const server of this.masters) {
      const api = (file: string): string => has(server, "kube-apiserver", file);
      const member = (file: string): string => has(server, "etcd", file);
      check(`etcd of ${server} by its API server`, member("etcd/server.crt"), api("etcd/ca.crt"));
      check(`API server of ${server} by its etcd`, api("apiserver-etcd-client.crt"), member("etcd/ca.crt"));
      for (const name of ["controller-manager", "scheduler"]) {
        const config = has(server, `kube-${name}`, `${name}.conf`);
        check(`API server of ${server} by ${name}`, api("apiserver.crt"), trustIn(config));
        check(`${name} by the API server of ${server}`, clientIn(config), api("ca.crt"));
      }
      for (const other of this.masters) {
        check(`etcd of ${other} by that of ${server}`, has(other, "etcd", "etcd/peer.crt"), member("etcd/ca.crt"));
        const proxy = has(other, "kube-apiserver", "front-proxy-client.crt");
        check(`API server of ${other} by that of ${server}`, proxy, api("front-proxy-ca.crt"));
      }
      for (const host of this.hosts) {
        const kubelet = (file: string): string => has(host, "kubelet", file);
        const [served, client] = [api("apiserver.crt"), api("apiserver-kubelet-client.crt")];
        check(`API server of ${server} by the kubelet of ${host}`, served, trustIn(kubelet("kubelet.conf")));
        check(`API server of ${server} by the proxy of ${host}`, served, kubelet("proxy.crt"));
        check(`API server of ${server} as a client of the kubelet of ${host}`, client, kubelet("ca.crt"));
        check(`kubelet of ${host} as a client of the API server of ${server}`, kubelet("client.pem"), api("ca.crt"));
        check(`kubelet of ${host} by the API server of ${server}`, kubelet("server.pem"), api("ca.crt"));
      }
      for (const pod of this.read(`${moment}/pods`).split("\n").filter(Boolean))
        check(
          `API server of ${server} by the pod ${pod}`,
          api("apiserver.crt"),
          this.read(`roots/${pod.split(" ")[1]}`),
        );
    }
    return found;
  }

  /** Subject key ids, in short, of the authorities on a host: what it trusts, the one that signs first. */
  trusts(host: string): string[][] {
    const files = this.masters.includes(host) ? Object.keys(authorities) : ["ca"];
    return files.map((name) => certificatesIn(this.read(`${host}/${pki}/${name}.crt`)));
  }

  starts(host: string, pod: string): number {
    return Number(this.read(`${host}/count/${pod}`));
  }
}

/** What each stand-in begins with. A host that loses its power before command DIES runs no other. */
const POWER = `
echo "\${0##*/} $*" >>"$DIR/commands"
[[ $DIES == Infinity ]] || (($(wc --lines <"$DIR/commands") < DIES)) || kill -9 0
pki=$DIR/$AT/${pki}
`;

const SIGN = `
sign() { # CERTIFICATE KEY AUTHORITY: signs a new key
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$2" -subj "/CN=leaf" \\
    -CA "$3.crt" -CAkey "$3.key" -days 1 -out "$1"
}`;

const programs: Readonly<Record<string, string>> = {
  /** Makes certificates for the test itself. */
  make: `${SIGN}
case $1 in
authority)
  mkdir -p "\${2%/*}"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$2.key" -out "$2.crt" -days 9 -subj "/CN=\${3//\\//-}"
  ;;
leaf) sign "$2.crt" "$2.key" "$3" && cat "$2.crt" "$2.key" >"$2" && rm "$2".* ;;
esac`,
  /** Starts a static pod or a kubelet: it has what is in its files now. Keeps what all programs of all hosts have. */
  start: `
host=$DIR/$AT loaded=$DIR/loaded/$AT/$1
date --date "\${2:-now}" +%FT%T.%N%:z >"$host/started-$1"
mkdir -p "$host/count" && echo $(($(cat "$host/count/$1" 2>/dev/null) + 1)) >"$host/count/$1"
rm -rf "$loaded" && mkdir -p "$loaded"
if [[ $1 == kubelet ]]; then
  cp "$host/etc/kubernetes/kubelet.conf" "$loaded"
  for usage in client server; do cp --dereference "$host/var/lib/kubelet/pki/kubelet-$usage-current.pem" "$loaded/$usage.pem"; done
  cp "$host/${pki}/ca.crt" "$loaded"
  [[ ! -e $host/etc/kubeadm-kafka/ca.crt ]] || cp "$host/etc/kubeadm-kafka/ca.crt" "$loaded/proxy.crt"
  date +%FT%T.%N >"$DIR/heartbeat-$AT"
else
  cp --recursive "$host/${pki}/." "$host"/etc/kubernetes/*.conf "$loaded"
fi
[[ $AT != "$(cat "$DIR/leader" 2>/dev/null)" || $1 != kube-controller-manager ]] || cp "$loaded/ca.crt" "$DIR/published"
mkdir -p "$DIR/moments" && moment=$DIR/moments/$(ls "$DIR/moments" | wc --lines)
cp --recursive --link "$DIR/loaded" "$moment" # a start replaces what it loads
cp "$DIR/pods" "$moment" 2>/dev/null
true`,
  mv: `${POWER} exec /bin/mv "$@"`,
  kubeadm: `${POWER}${SIGN}
case $* in
"version "*) echo v1.34.4 ;;
"init phase certs "*)
  folder=$(sed --quiet 's/^certificatesDir: //p' "\${@: -1}")
  case $4 in etcd-ca) name=etcd/ca ;; *) name=$4 ;; esac
  "$DIR/bin/make" authority "$folder/$name" "$4"
  ;;
"certs renew "*)
  [[ ! -e $DIR/refuses ]] || exit 0
  declare -A files=(${Object.entries(leaves)
    .map(([name, [file, authority]]) => `[${name}]="${file} ${authority}"`)
    .join(" ")})
  read -r file authority <<<"\${files[$3]}"
  file=$DIR/$AT/$file
  if [[ $3 != *.conf ]]; then
    sign "$file" "\${file%.crt}.key" "$pki/$authority"
  else
    sign "$file.crt" "$file.key" "$pki/$authority"
    { echo "    certificate-authority-data: $(openssl x509 -in "$pki/ca.crt" | base64 --wrap=0)"
      echo "    client-certificate-data: $(base64 --wrap=0 "$file.crt")"; } >"$file.new"
    rm "$file".{crt,key}
    /bin/mv "$file.new" "$file"
  fi
  ;;
"init phase upload-certs "*)
  rm -rf "$DIR/uploaded" && mkdir -p "$DIR/uploaded/etcd"
  for name in ca etcd/ca front-proxy-ca; do cp "$pki/$name".{crt,key} "$DIR/uploaded/\${name%/*}" 2>/dev/null || cp "$pki/$name".{crt,key} "$DIR/uploaded"; done
  ;;
*) echo "unexpected: kubeadm $*" >&2; exit 1 ;;
esac`,
  crictl: `${POWER}
case $* in
ps*) for pod in ${pods.join(" ")}; do [[ ! $pod =~ \${*: -1} ]] || echo "$pod-$(<"$DIR/$AT/count/$pod")"; done ;;
inspect*) id=\${*: -1} && cat "$DIR/$AT/started-\${id%-*}" ;;
*" stop "*) id=\${*: -1} && "$DIR/bin/start" "\${id%-*}" ;;
rm*) ;;
*) echo "unexpected: crictl $*" >&2; exit 1 ;;
esac`,
  systemctl: `${POWER}
case $* in
"restart kubelet") "$DIR/bin/start" kubelet ;;
"show kubelet "*) date --date "$(<"$DIR/$AT/started-kubelet")" '+%a %F %T %Z' ;;
"reload-or-restart kubeadm-kafka-api.service") cp --remove-destination "$DIR/$AT/etc/kubeadm-kafka/ca.crt" "$DIR/loaded/$AT/kubelet/proxy.crt" ;;
"stop kubelet") echo Unknown >"$DIR/$AT/ready" ;;
"start kubelet" | "try-restart kubeadm-kafka-approval.service") ;;
*) echo "unexpected: systemctl $*" >&2; exit 1 ;;
esac`,
  kubectl: `${POWER}${SIGN}
secret=$DIR/secret
${KUBECTL_WITH_TURNS}
case $* in
*/readyz* | */healthz*) ;;
"get secret kubeadm-kafka-authorities "*.data.generation*) [[ ! -e $secret ]] || echo "$(<"$secret/generation") $(cat "$secret/trusted" 2>/dev/null)" ;;
"get secret kubeadm-kafka-authorities "*.data.next*) cat "$secret/next" 2>/dev/null || true ;;
"create secret generic kubeadm-kafka-authorities "*)
  echo secret
  while (($#)); do
    case $1 in
    --from-literal) echo "\${2%%=*} $(printf %s "\${2#*=}" | base64 --wrap=0)" ;;
    --from-file) echo "\${2%%=*} $(base64 --wrap=0 "\${2#*=}")" ;;
    esac
    shift
  done
  ;;
"create configmap cluster-info "*) echo info && [[ $* =~ kubeconfig=([^ ]*) ]] && cat "\${BASH_REMATCH[1]}" ;;
"apply "*)
  read -r kind
  if [[ $kind == info ]]; then cat >"$DIR/info"; exit; fi
  rm -rf "$secret.new" && mkdir "$secret.new"
  while read -r key value; do base64 --decode <<<"$value" >"$secret.new/$key"; done
  rm -rf "$secret" && /bin/mv "$secret.new" "$secret"
  ;;
"get configmap cluster-info "*) cat "$DIR/info" ;;
"patch secret kubeadm-certs "*) ;;
"patch configmap extension-apiserver-authentication "*) echo "\${@: -1}" >"$DIR/clients" ;;
"get nodes "*) cat "$DIR/nodes" ;;
"get node "*"Ready"*) ! grep --quiet "^$3\\b" "$DIR/nodes" || cat "$DIR/$3/ready" ;;
"delete node "*) sed --in-place "/^$3\\b/d" "$DIR/nodes" ;;
"get node $AT "*) sed --quiet "s/^$AT //p" "$DIR/nodes" ;;
"annotate node $AT kubeadm-kafka/authority="*)
  note=\${4#*=}
  sed --in-place "s/^$AT\\b.*/$AT $note/" "$DIR/nodes"
  ;;
*"get lease $AT --namespace kube-node-lease"*) cat "$DIR/heartbeat-$AT" ;;
"get pods --namespace kube-system --selector tier=control-plane "*) cat "$DIR/unready" 2>/dev/null || true ;;
"get configmaps --all-namespaces "*)
  for namespace in default kube-system; do echo "$namespace" && cat "$DIR/published"; done
  ;;
"get pods --all-namespaces "*) cat "$DIR/pods" ;;
"get pods --namespace "*) awk -v namespace="$4" '$1 == namespace {print $4}' "$DIR/pods" ;;
"delete pod "*)
  sed --in-place "s/^$5 $3 [^ ]*/$5 $3-new $(date -u --date '1 second' +%FT%TZ)/" "$DIR/pods"
  cp "$DIR/published" "$DIR/roots/$3-new"
  ;;
"create --output jsonpath="*)
  request=$(sed --quiet 's/^ *request: //p')
  base64 --decode <<<"$request" >"$DIR/request"
  leader=$DIR/$(<"$DIR/leader")/${pki}
  openssl x509 -req -in "$DIR/request" -CA "$leader/kubeadm-kafka-signer.crt" -CAkey "$leader/ca.key" -set_serial "$RANDOM" -days 1 -copy_extensions copy -out "$DIR/signed"
  echo one its-uid
  ;;
"get certificatesigningrequest one "*) echo "its-uid $(base64 --wrap=0 "$DIR/signed")" ;;
*) echo "unexpected: kubectl $*" >&2; exit 1 ;;
esac`,
};

const succeeds = { status: 0, stderr: "" };
const passes: readonly Pass[] = ["authorityAdd", "authorityUse", "authorityKubelet", "authorityDrop"];

/** Expects that everything has the newest authorities alone, and that nobody has met a stranger on the way there. */
function expectOnlyNewest(cluster: Cluster, generation = 2): void {
  expect(cluster.strangers()).toEqual([]);
  const [first, ...others] = cluster.hosts.map((host) => cluster.trusts(host));
  for (const each of first!) expect(each).toHaveLength(1);
  for (const other of others) expect(other).toEqual(first!.slice(0, other.length));
  expect(first).not.toEqual(Object.keys(authorities).map((name) => certificatesIn(cluster.read(`shared/${name}.crt`))));
  const [newest] = first![0]!;
  for (const host of cluster.hosts) {
    expect(trustIn(cluster.read(`${host}/etc/kubernetes/kubelet.conf`))).toBe(newest);
    for (const usage of ["client", "server"])
      expect(isKnown(cluster.read(`${host}/var/lib/kubelet/pki/kubelet-${usage}-current.pem`), newest!)).toBe(true);
  }
  for (const host of cluster.masters) {
    expect(cluster.read(`${host}/${pki}/kubeadm-kafka-signer.crt`)).toBe(newest);
    for (const name of Object.keys(authorities))
      expect(cluster.read(`${host}/${pki}/${name}.key`)).toBe(cluster.read(`uploaded/${name}.key`));
  }
  expect(cluster.read("uploaded/ca.crt")).toBe(newest);
  expect(cluster.read("published")).toBe(newest);
  expect(trustIn(cluster.read("info"))).toBe(newest);
  expect(JSON.parse(cluster.read("clients"))).toEqual({
    data: { "client-ca-file": newest, "requestheader-client-ca-file": first![2]![0] },
  });
  expect(fs.readdirSync(cluster.file("secret")).sort()).toEqual(["generation", "trusted"]);
  expect(cluster.read("secret/generation")).toBe(String(generation));
  expect(cluster.read("nodes").split("\n").filter(Boolean)).toEqual(
    cluster.hosts.map((host) => `${host} ${generation}-drop`),
  );
}

describe("a higher number", () => {
  test("exchanges all authorities, while every client and server knows the other's at each start", () => {
    const cluster = Cluster.of(["a", "bb"], ["worker", "other"]);
    expect(cluster.up()).toEqual(succeeds);
    expectOnlyNewest(cluster);
    for (const host of cluster.masters)
      for (const pod of pods) expect([pod, cluster.starts(host, pod)]).toEqual([pod, 1 + 3]);
  });

  test("may be followed by the next one", () => {
    const cluster = Cluster.of(["a"]);
    cluster.up();
    expect(cluster.up(3)).toEqual(succeeds);
    expectOnlyNewest(cluster, 3);
  });

  test("goes on after an interruption before any change, on a control plane and on a worker", () => {
    let cluster = Cluster.of(["a"]);
    for (const step of cluster.steps) {
      const whole = cluster.clone();
      const { status, commands } = whole.run(step);
      expect(status).toBe(0);
      expect(whole.strangers()).toEqual([]);
      const isChange =
        /^(mv|kubeadm certs|kubeadm init|kubectl (apply|annotate|delete pod|create --output)|systemctl re|crictl .*stop)/;
      const kindOf = (command: string): string => command.split(" ").slice(0, 2).join(" ");
      const isFirst = (command: string, at: number): boolean =>
        commands.findIndex((each) => kindOf(each) === kindOf(command)) === at;
      // Each rename, and each other kind of change once.
      const changes = commands.flatMap((command, at) =>
        isChange.test(command) && (command.startsWith("mv") || isFirst(command, at)) ? [at + 1] : [],
      );
      expect(changes.length).toBeGreaterThan(1);
      for (const dies of changes) {
        const cut = cluster.clone();
        expect(cut.run(step, 2, dies).status).not.toBe(0);
        expect({ dies, ...cut.run(step, 2) }).toMatchObject(succeeds);
        expect(cut.strangers()).toEqual([]);
        expect(cut.read("nodes")).toBe(whole.read("nodes"));
        expect(cut.trusts("a").map((each) => each.length)).toEqual(whole.trusts("a").map((each) => each.length));
        if (dies === changes[Math.floor(changes.length / 2)]) {
          for (const next of cut.steps.slice(cut.steps.findIndex((each) => each.join() === step.join()) + 1))
            expect(cut.run(next, 2)).toMatchObject(succeeds);
          expectOnlyNewest(cut);
        }
      }
      cluster = whole;
    }
    expectOnlyNewest(cluster);
  });

  test("is taken up again by a control plane that has joined in between", () => {
    const cluster = Cluster.of(["a", "bb"]);
    expect(cluster.up(2, ["bb", "authorityUse"]).status).toBe(137);
    expect(cluster.run(["bb", "authorityAdd"])).toMatchObject(succeeds);
    expect(cluster.up()).toEqual(succeeds);
    expectOnlyNewest(cluster);
  });

  test("puts no private key, and nothing that decrypts one, on a command line or into a log", () => {
    const cluster = Cluster.of(["a"]);
    const texts = cluster.steps.flatMap((step) => {
      const { commands, log } = cluster.run(step);
      return [...commands, log];
    });
    expect(texts.join("\n")).toContain("upload-certs");
    expect(texts.join("\n")).not.toMatch(/PRIVATE KEY|the key of certificates/);
  });

  test("encrypts the keys in the Secret, which loses them in the end", () => {
    const cluster = Cluster.of(["a"]);
    cluster.run(["a", "authorityAdd"]);
    expect(cluster.read("secret/next")).toMatch(/^U2FsdGVkX1/); // openssl's "Salted__"
    cluster.up();
    expect(cluster.read("secret/next")).toBe("");
  });

  test("leaves no drift of the file that a worker's proxy reads", () => {
    const cluster = Cluster.of(["a"]);
    cluster.up();
    const file = cluster.file("worker/etc/kubeadm-kafka/ca.crt");
    const sum = execFileSync("sha256sum", [file], { encoding: "utf8" }).split(" ")[0];
    expect(cluster.read("worker/var/lib/kubeadm-kafka/applied/join")).toBe(`file ${file} ${sum}\n`);
  });
});

test.each([[1, Cluster.of(["a"])] as const])(
  "number %i changes nothing in a cluster with its first authorities",
  (generation, cluster) => {
    for (const step of cluster.steps) expect(cluster.run(step, generation)).toMatchObject(succeeds);
    expect(cluster.trusts("a")[0]).toEqual(certificatesIn(cluster.read("shared/ca.crt")));
    for (const pod of [...pods, "kubelet"]) expect(cluster.starts("a", pod)).toBe(1);
  },
);

test("a worker that has not joined yet is left alone, since it joins with the new authority", () => {
  const cluster = Cluster.of(["a"]);
  fs.rmSync(cluster.file("worker/etc/kubernetes/kubelet.conf"));
  cluster.write("nodes", "a\n");
  expect(cluster.up()).toEqual(succeeds);
  expect(cluster.read("nodes")).toBe("a 2-drop\n");
  expect(cluster.starts("worker", "kubelet")).toBe(1);
});

describe("a worker that has not joined, whose Node would be waited for in vain, is passed over", () => {
  const passedOver = (cluster: Cluster) => {
    expect(cluster.up()).toEqual(succeeds);
    expect(cluster.read("nodes")).toBe("a 2-drop\n");
    expect(cluster.trusts("a")[0]).toHaveLength(1);
  };

  test("if the Node is that of the machine before", () => {
    const cluster = Cluster.of(["a"]);
    fs.rmSync(cluster.file("worker/etc/kubernetes/kubelet.conf"));
    cluster.write("worker/ready", "Unknown\n");
    passedOver(cluster);
  });

  test("if the Node is that of an interrupted join, whose kubelet runs", () => {
    const cluster = Cluster.of(["a"]);
    cluster.write("worker/etc/kubernetes/bootstrap-kubelet.conf", "bootstrap");
    cluster.write("worker/ready", "True\n");
    passedOver(cluster);
  });

  test("but not if another machine lives under its name", () => {
    const cluster = Cluster.of(["a"]);
    fs.rmSync(cluster.file("worker/etc/kubernetes/kubelet.conf"));
    cluster.write("bin/systemctl", cluster.read("bin/systemctl").replace("echo Unknown", "echo True"), 0o755);
    expect(cluster.up().stderr).toMatch(/not ended on these nodes: worker\. .*\[KK963\]/s);
    expect(cluster.read("nodes")).toContain("worker");
  });
});

describe("nothing changes on a control plane", () => {
  /** A cluster in which the passes before this step have ended, and the step's result with this number. */
  const refused = (cluster: Cluster, step: Step, generation = 2) => {
    const before = cluster.read(`${step[0]}/${pki}/ca.crt`);
    const starts = cluster.starts(step[0], "kube-apiserver");
    const { status, stderr } = cluster.run(step, generation, Infinity, 1);
    expect(status).toBe(1);
    expect(cluster.read(`${step[0]}/${pki}/ca.crt`)).toBe(before);
    expect(cluster.starts(step[0], "kube-apiserver")).toBe(starts);
    return stderr;
  };
  const reached = new Map<Pass, Cluster>();
  const before = (pass: Pass): Cluster => {
    if (!reached.has(pass)) {
      const cluster = Cluster.of(["a"]);
      cluster.up(2, ["a", pass]);
      reached.set(pass, cluster);
    }
    return reached.get(pass)!.clone();
  };

  test("with a lower number than the cluster has", () => {
    const cluster = Cluster.of(["a"]);
    cluster.up(3);
    expect(refused(cluster, ["a", "authorityAdd"], 2)).toMatch(/already has authorities 3; .*\[KK961\]/s);
  });

  test("with another number before the exchange has ended", () =>
    expect(refused(before("authorityUse"), ["a", "authorityAdd"], 3)).toMatch(
      /exchange to authorities 2 .*\[KK962\]/s,
    ));

  test("while a host doesn't trust the new authority", () => {
    const cluster = Cluster.of(["a"]);
    cluster.run(["a", "authorityAdd"]);
    expect(refused(cluster, ["a", "authorityUse"])).toMatch(/not ended on these nodes: worker\. .*\[KK963\]/s);
  });

  test("while a kubelet has a certificate of the old authority", () => {
    const cluster = before("authorityDrop");
    cluster.write("nodes", "a 2-kubelet\nworker 2-add\n");
    expect(refused(cluster, ["a", "authorityDrop"])).toMatch(/not ended on these nodes: worker\. .*\[KK963\]/s);
  });

  test.each(passes.slice(1).filter((pass) => pass !== "authorityKubelet"))(
    "by %s if authority-add was left out",
    (pass) => expect(refused(Cluster.of(["a"]), ["a", pass])).toMatch(/authority-add step was left out; .*\[KK963\]/s),
  );

  test("while the controller manager would sign by a file with several certificates", () => {
    const cluster = Cluster.of(["a"]);
    cluster.write("a/etc/kubernetes/manifests/kube-controller-manager.yaml", "");
    expect(refused(cluster, ["a", "authorityAdd"])).toContain("[KK963]");
  });

  test("if the new authorities can't be decrypted", () => {
    const cluster = before("authorityUse");
    cluster.write("secret/next", base64("no keys"));
    expect(refused(cluster, ["a", "authorityUse"])).toContain("[KK967]");
  });

  test("while pods can't read the new authority", () => {
    const cluster = before("authorityUse");
    cluster.write("published", cluster.read("shared/ca.crt"));
    expect(refused(cluster, ["a", "authorityUse"])).toMatch(/in these namespaces: default kube-system\. .*\[KK968\]/s);
  });

  test("while pods that are not the program's may trust the old authority alone, unless somebody says to ignore them", () => {
    const cluster = before("authorityUse");
    const theirs = "shop web-1 2026-01-01T00:00:00Z ReplicaSet/web";
    cluster.write("pods", `${cluster.read("pods")}${theirs} \nkube-system alone 2026-01-01T00:00:00Z none \n`);
    expect(refused(cluster, ["a", "authorityUse"])).toMatch(
      /trust the old one alone: kube-system\/alone shop\/web-1\. .*\[KK964\]/s,
    );
    expect(cluster.read("pods")).toContain(theirs);
    cluster.write("pods", cluster.read("pods").replaceAll(/^(shop|.*alone).*$/gm, "$&ignored"));
    expect(cluster.run(["a", "authorityUse"])).toMatchObject(succeeds);
  });

  test("while a pod that was replaced has no ready successor", () => {
    const cluster = before("authorityUse");
    const kubectl = cluster
      .read("bin/kubectl")
      .replace("-new $(date", "-late $(date")
      .replace("$1 == namespace {", "$1 == namespace && !/-late/ {");
    cluster.write("bin/kubectl", kubectl, 0o755);
    expect(refused(cluster, ["a", "authorityUse"])).toMatch(/ReplicaSet\/dns in kube-system .*\[KK965\]/s);
    expect(cluster.read("pods")).toContain("proxy-1 ");
  });

  test("while static pods of others aren't ready", () => {
    const cluster = Cluster.of(["a"]);
    cluster.write("unready", "etcd-bb False\n");
    const { stderr } = cluster.run(["a", "authorityAdd"], 2, Infinity, 1);
    expect(stderr).toMatch(/are not ready: etcd-bb\. .*\[KK969\]/s);
    expect(cluster.read("turns")).toBe("create a 1500\nend\n");
    for (const pod of pods) expect(cluster.starts("a", pod)).toBe(1);
  });
});

describe("a kubelet keeps its certificate", () => {
  test("if the controller manager still signs by the old authority", () => {
    const cluster = Cluster.of(["a", "bb"]);
    cluster.up(2, ["bb", "authorityUse"]);
    const current = "worker/var/lib/kubelet/pki/kubelet-client-current.pem";
    const before = cluster.read(current);
    expect(cluster.run(["worker", "authorityKubelet"], 2, Infinity, 1).stderr).toMatch(/signs by the old .*\[KK966\]/s);
    expect(cluster.read(current)).toBe(before);
    expect(cluster.run(["bb", "authorityKubelet"], 2, Infinity, 1).stderr).toMatch(
      /do not sign on this control plane.*\[KK963\]/s,
    );
  });
});
