import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { actions } from "../../../components/cluster/actions";
import { composeScript } from "../../../components/cluster/hostScript";
import { certificateInputs, renewalInputs } from "../../../components/cluster/steps/certificatePlan";
import { CLUSTER } from "../../support/preflight";

// Generous: it is about what happens, not about how busy the machine is.
jest.setTimeout(120_000);

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "renewal-"));
afterAll(() => fs.rmSync(temporary, { recursive: true }));

const DAY = 86_400;
const times = { validity: 365 * DAY, renewBefore: 30 * DAY };
const scripts = {
  RENEWER: composeScript("master", actions.renewCertificates, { CLUSTER, ...renewalInputs(times) }),
  APPROVER: composeScript("master", actions.approveKubelets, { CLUSTER }),
};
const inputs = { CLUSTER, ...certificateInputs(0, scripts, times) };

const pki = "etc/kubernetes/pki";
/** Each certificate's file, and the static pod that reads it when it starts. */
const certificates = {
  "admin.conf": ["etc/kubernetes/admin.conf"],
  apiserver: [`${pki}/apiserver.crt`, "kube-apiserver"],
  "apiserver-etcd-client": [`${pki}/apiserver-etcd-client.crt`, "kube-apiserver"],
  "apiserver-kubelet-client": [`${pki}/apiserver-kubelet-client.crt`, "kube-apiserver"],
  "controller-manager.conf": ["etc/kubernetes/controller-manager.conf", "kube-controller-manager"],
  "etcd-healthcheck-client": [`${pki}/etcd/healthcheck-client.crt`],
  "etcd-peer": [`${pki}/etcd/peer.crt`, "etcd"],
  "etcd-server": [`${pki}/etcd/server.crt`, "etcd"],
  "front-proxy-client": [`${pki}/front-proxy-client.crt`, "kube-apiserver"],
  "scheduler.conf": ["etc/kubernetes/scheduler.conf", "kube-scheduler"],
} as const satisfies Record<string, readonly [string, string?]>;
type Certificate = keyof typeof certificates;
const names = Object.keys(certificates) as Certificate[];
/** The authorities, and the static pods that read them when they start. */
const authorities = {
  ca: ["kube-apiserver", "kube-controller-manager"],
  "etcd/ca": ["etcd", "kube-apiserver"],
  "front-proxy-ca": ["kube-apiserver", "kube-controller-manager"],
};
const pods = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"];
const ofPods = names.filter((name) => certificates[name].length > 1);

/** A control plane: kubeadm, static pods that a kubelet restarts, and an API server that stores a Lease. */
class ControlPlane {
  private readonly dir = fs.mkdtempSync(path.join(temporary, "machine-"));
  private readonly ends = new Map<Certificate, number>();

  /** @param days how long certificates are still valid */
  constructor(days: number) {
    for (const folder of ["bin", "run", "log", "running", "started", "broken", "var/lib/kubeadm-kafka", `${pki}/etcd`])
      fs.mkdirSync(this.file(folder), { recursive: true });
    for (const [name, script] of Object.entries(programs))
      fs.writeFileSync(this.file(`bin/${name}`), `#!/bin/bash\n${script}`, { mode: 0o755 });
    this.write("var/lib/kubeadm-kafka/owner", CLUSTER);
    this.write("var/lib/kubelet/kubeadm-flags.env", 'KUBELET_KUBEADM_ARGS="--node-ip=10.0.0.4"');
    for (const [name, [file]] of Object.entries(certificates)) this.write(`files/${name}`, this.file(file));
    for (const name of names) this.wrote(certificates[name][0], -300);
    for (const name of Object.keys(authorities)) this.wrote(`${pki}/${name}.crt`, -300);
    for (const pod of pods) this.runs(pod, -200);
    const login = this.file("var/lib/kubelet/pki/kubelet-client-current.pem");
    this.write("etc/kubernetes/kubelet.conf", `client-certificate: ${login}\n`);
    this.write("api", "");
    this.write("validity", "certificateValidityPeriod: 8760h0m0s\nkubernetesVersion: v1.34.4");
    this.end(days, ...names);
    this.kubelet(100, 265);
  }

  file(name: string): string {
    return path.join(this.dir, name);
  }

  write(name: string, text: string): void {
    fs.mkdirSync(path.dirname(this.file(name)), { recursive: true });
    fs.writeFileSync(this.file(name), text);
  }

  read(name: string): string {
    return fs.existsSync(this.file(name)) ? fs.readFileSync(this.file(name), "utf8").trim() : "";
  }

  remove(name: string): void {
    fs.rmSync(this.file(name), { recursive: true });
  }

  /** Sets how many days certificates are still valid. */
  end(days: number, ...which: Certificate[]): void {
    for (const name of which) this.ends.set(name, Date.now() + days * DAY * 1000);
    const lines = [...this.ends].map(([name, end]) => `${name} ${new Date(end).toISOString()}\n`);
    this.write("ends", lines.join(""));
  }

  /** Sets how many days one of the kubelet's certificates has been valid, and is still. */
  kubelet(past: number, left: number, name: "client" | "server" = "client"): void {
    this.write(`var/lib/kubelet/pki/kubelet-${name}-current.pem`, "");
    this.write(`${name}-startdate`, new Date(Date.now() - past * DAY * 1000).toISOString());
    this.write(`${name}-enddate`, new Date(Date.now() + left * DAY * 1000).toISOString());
  }

  /** Lets a static pod run since so many seconds ago. */
  runs(pod: string, seconds: number): void {
    this.write(`running/${pod}`, `${pod}-1`);
    this.write(`started/${pod}-1`, new Date(Date.now() + seconds * 1000).toISOString());
  }

  /** Lets a file be as old as that. */
  wrote(file: string, seconds: number): void {
    this.write(file, "");
    const time = Date.now() / 1000 + seconds;
    fs.utimesSync(this.file(file), time, time);
  }

  /** Lets another control plane hold the Lease since so many seconds ago. */
  lease(holder: string, seconds: number): void {
    this.write("lease", `7 ${holder} ${new Date(Date.now() + seconds * 1000).toISOString()}`);
  }

  /** Runs a script of the program, and returns what it did to certificates and pods. @default the action of `up` */
  renew(script = composeScript("master", actions.certificates, inputs)) {
    return this.run(
      script
        .replaceAll(/\/(run|etc\/kubernetes|etc\/systemd|var\/lib)\//g, `${this.dir}/$1/`)
        .replaceAll("/var/log/", `${this.dir}/log/`)
        .replaceAll("RECORD=/var/lib", `RECORD=${this.dir}/var/lib`)
        .replaceAll(/SECONDS \+ (300|180|60)\b/g, "SECONDS + 2"),
    );
  }

  /** Runs what the timer lets bash run. */
  renewUnattended() {
    return this.run(this.read("var/lib/kubeadm-kafka/renew-certificates.sh"));
  }

  private run(input: string) {
    const env = { PATH: `${this.dir}/bin:${process.env.PATH}`, DIR: this.dir };
    this.write("deeds", "");
    const { status, stderr } = spawnSync("bash", ["-s", "--", "create"], { input, encoding: "utf8", env });
    return { status: status!, stderr, deeds: this.read("deeds").split("\n").filter(Boolean) };
  }
}

const programs = {
  kubeadm: `
    case "$1 $2" in
    "version "*) echo v1.34.4 ;;
    "certs check-expiration") cat "$DIR/ends" ;;
    "kubeconfig user")
      [[ ! -e $DIR/no-key ]] || exit 1
      echo "sign \${*:5}" >>"$DIR/deeds"
      date -u --date '+365 days' +%FT%TZ >"$DIR/client-enddate"
      printf '    client-certificate-data: %s\n    client-key-data: %s\n' "$(base64 <<<certificate)" "$(base64 <<<key)"
      ;;
    "certs renew")
      echo "renew $3" >>"$DIR/deeds"
      [[ ! -e $DIR/no-key ]] || exit 0
      touch "$(<"$DIR/files/$3")"
      sed --in-place "s/^$3 .*/$3 $(date -u --date '+365 days' +%FT%TZ)/" "$DIR/ends"
      ;;
    "init phase")
      name=kube-$4
      if [[ $* == *--dry-run* ]]; then folder=$KUBEADM_INIT_DRYRUN_DIR; else folder=$DIR/etc/kubernetes/manifests; fi
      cat "$DIR/new/$name" >"$folder/$name.yaml"
      [[ $* == *--dry-run* ]] || { echo "write $name" >>"$DIR/deeds" && "$DIR/bin/kubelet" "$name"; }
      ;;
    esac`,
  sleep: `[[ $1 != 4 ]] || echo "sleep $1" >>"$DIR/deeds"; exec /bin/sleep "$1"`,
  /** Starts a static pod's container, which is broken if its manifest says so. */
  kubelet: `
    container=$1-$RANDOM$RANDOM
    date +%FT%T.%N%:z >"$DIR/started/$container"
    echo "$container" >"$DIR/running/$1"
    rm -f "$DIR/broken/$1"
    [[ $1 != kube-apiserver ]] || touch "$DIR/api"
    ! grep --quiet --no-messages broken "$DIR/etc/kubernetes/manifests/$1.yaml" || touch "$DIR/broken/$1"`,
  crictl: `
    case $* in
    ps*) for pod in "$DIR"/running/*; do [[ ! \${pod##*/} =~ \${*: -1} ]] || cat "$pod"; done ;;
    inspect*) cat "$DIR/started/\${*: -1}" ;;
    *" stop "*)
      container=\${*: -1}
      pod=\${container%-*}
      echo "stop $pod" >>"$DIR/deeds"
      rm "$DIR/running/$pod"
      [[ -e $DIR/fails-to-start-$pod ]] || "$DIR/bin/kubelet" "$pod"
      ;;
    logs*) echo "the log of \${*: -1}" | sed 's/-[0-9]*$//' ;;
    rm*) ;;
    esac`,
  openssl: `
    name=client
    [[ $3 != *server* ]] || name=server
    case "$*" in
    *-checkend*) [[ -e $3 ]] && (($(date --date "$(<"$DIR/$name-enddate")" +%s) > $(date +%s))) ;;
    *-checkip*) echo "IP \${*: -1} does match certificate" ;;
    *date) word=\${*: -1}; echo "name=$(<"$DIR/$name-\${word#-}")" ;;
    esac`,
  systemctl: `
    case "$*" in
    "enable --quiet kubeadm-kafka"* | "restart kubeadm-kafka"*) echo "$*" >>"$DIR/timer" ;;
    "restart kubelet")
      echo "restart kubelet" >>"$DIR/deeds"
      for pod in ${pods.join(" ")}; do [[ -e $DIR/running/$pod ]] || "$DIR/bin/kubelet" "$pod"; done
      ;;
    esac`,
  kubectl: `
    case "$*" in
    *" --server "*)
      case "$*" in *:2381*) pod=etcd ;; *:6443*) pod=kube-apiserver ;; *:10257*) pod=kube-controller-manager ;; *) pod=kube-scheduler ;; esac
      [[ -e $DIR/running/$pod && ! -e $DIR/broken/$pod ]] || exit 1
      echo "healthy $pod" >>"$DIR/deeds"
      ;;
    "get --raw /readyz"*) [[ -e $DIR/api ]] ;;
    "get lease"*resourceVersion*) cat "$DIR/lease" 2>/dev/null || true ;;
    "get lease"*) cut -d' ' -f2 "$DIR/lease" 2>/dev/null || true ;;
    "wait lease"*) echo "wait for \$(cut -d' ' -f2 "$DIR/lease")" >>"$DIR/deeds"; rm "$DIR/lease" ;;
    "create --filename"*) [[ ! -e $DIR/lease ]] && sed -n 's/.*holderIdentity: "\\([^"]*\\)".*renewTime: "\\([^"]*\\)".*/8 \\1 \\2/p' >"$DIR/lease" && echo "take turn" >>"$DIR/deeds" ;;
    "replace --filename"*)
      text=$(cat)
      if [[ $text == *Lease* ]]; then echo "take over" >>"$DIR/deeds"; echo "9 master now" >"$DIR/lease"; else sed 's/^/tell kubeadm: /' <<<"$text" >>"$DIR/deeds"; fi
      ;;
    "delete lease"*) rm "$DIR/lease" ;;
    "get nodes "*) cat "$DIR/nodes-ends" 2>/dev/null || true ;;
    "get pods"*) cat "$DIR/others" 2>/dev/null || true ;;
    "get certificatesigningrequests"*) cat "$DIR/requests" 2>/dev/null || true ;;
    "apply --server-side"*) [[ -e $DIR/api ]] && grep --only-matching 'kind: .*' >"$DIR/rights" ;;
    "get configmap"*) cat "$DIR/validity" ;;
    "create configmap"*) sed 's/.*--from-file=\\([^ ]*\\).*/\\1/' <<<"$*" | xargs cat ;;
    "annotate node"*) printf '%s\\n' "\${@:6}" >"$DIR/notes" ;;
    esac`,
};

const restarts = (...which: string[]) => which.flatMap((pod) => [`stop ${pod}`, `healthy ${pod}`]);

test("certificates that don't end soon stay, and nothing restarts", () => {
  const machine = new ControlPlane(31);
  expect(machine.renew()).toEqual({ status: 0, stderr: "", deeds: [] });
  expect(machine.read("notes")).toContain("kubeadm-kafka/certificates-problem-");
});

test("certificates that end soon are renewed, and their static pods restart, each healthy before the next one", () => {
  const machine = new ControlPlane(29);
  const renewals = names.map((name) => `renew ${name}`);
  expect(machine.renew()).toEqual({ status: 0, stderr: "", deeds: [...renewals, "take turn", ...restarts(...pods)] });
  expect(machine.read("lease")).toBe("");
  expect(machine.renew().deeds).toEqual([]);
});

test("the administrator's certificate needs no restart", () => {
  const machine = new ControlPlane(300);
  machine.end(29, "admin.conf", "etcd-healthcheck-client");
  expect(machine.renew().deeds).toEqual(["renew admin.conf", "renew etcd-healthcheck-client"]);
});

test.each(ofPods)(
  "a new %s restarts the pod that reads it, no matter who made it, or whether that was interrupted",
  (name) => {
    const machine = new ControlPlane(300);
    machine.wrote(certificates[name][0], -100);
    expect(machine.renew().deeds).toEqual(["take turn", ...restarts(certificates[name][1]!)]);
  },
);

test.each(Object.entries(authorities))("another authority, %s, restarts the pods that read it", (name, readers) => {
  const machine = new ControlPlane(300);
  machine.wrote(`${pki}/${name}.crt`, -100);
  expect(machine.renew().deeds).toEqual(["take turn", ...restarts(...readers)]);
});

test("a pod that doesn't become healthy is an error with the end of its log; the pods behind it, and other hosts, stay as they are", () => {
  const machine = new ControlPlane(300);
  for (const name of ["apiserver", "scheduler.conf"] as const) machine.wrote(certificates[name][0], -100);
  machine.write("fails-to-start-kube-apiserver", "");
  const { status, stderr, deeds } = machine.renew();
  expect({ status, deeds }).toEqual({ status: 1, deeds: ["take turn", "stop kube-apiserver"] });
  expect(stderr).toMatch(/^master: certificates: kube-apiserver isn't healthy/);
  expect(stderr).toContain("[KK941]");
  expect(machine.read("lease")).toContain("master");
});

test("a pod whose container fails over and over starts at once, since the kubelet forgets that it did", () => {
  const machine = new ControlPlane(300);
  machine.remove("running/kube-scheduler");
  expect(machine.renew().deeds).toEqual(["take turn", "restart kubelet", "healthy kube-scheduler"]);
});

test("without an authority's key nothing is renewed, which is an error, and nothing restarts", () => {
  const machine = new ControlPlane(300);
  machine.end(3, "front-proxy-client");
  machine.write("no-key", "");
  const { status, stderr, deeds } = machine.renew();
  expect({ status, deeds }).toEqual({ status: 1, deeds: ["renew front-proxy-client"] });
  expect(stderr).toMatch(/could not renew them: front-proxy-client; .*\[KK943\]/);
});

describe("of several control planes", () => {
  const machine = () => {
    const made = new ControlPlane(300);
    made.wrote(certificates["scheduler.conf"][0], -100);
    return made;
  };

  test("one waits for another one's restarts", () => {
    const second = machine();
    second.lease("first", -60);
    expect(second.renew().deeds).toEqual(["wait for first", "take turn", ...restarts("kube-scheduler")]);
  });

  test("one doesn't wait for another one that died in its turn", () => {
    const second = machine();
    second.lease("first", -1501);
    expect(second.renew().deeds).toEqual(["take over", ...restarts("kube-scheduler")]);
  });

  test("one that was killed in its turn goes on", () => {
    const second = machine();
    second.lease("master", -60);
    expect(second.renew().deeds).toEqual(["take over", ...restarts("kube-scheduler")]);
  });

  test("the one whose certificates end first is faster, by two seconds for each", () => {
    const second = machine();
    const ends = { first: "2027-01-02", master: "2027-01-03", third: "2027-01-01", fourth: "2027-01-04" };
    second.write(
      "nodes-ends",
      Object.entries(ends)
        .map(([name, end]) => `${name} ${end}T00:00:00Z\n`)
        .join("") + "fifth \n",
    );
    expect(second.renew().deeds).toEqual(["sleep 4", "take turn", ...restarts("kube-scheduler")]);
    second.wrote(certificates["scheduler.conf"][0], 5);
    second.write("nodes-ends", "first 2027-01-02T00:00:00Z\nmaster \n"); // before its first report
    expect(second.renew().deeds[0]).toBe("take turn");
  });

  test("none restarts while static pods of others aren't ready, which the Node says", () => {
    const second = machine();
    second.write("others", "etcd-first False\nkube-apiserver-first True\n");
    expect(second.renew()).toEqual({ status: 0, stderr: "", deeds: ["take turn"] });
    expect(second.read("notes")).toContain(
      "kubeadm-kafka/certificates-problem=static pods of other control planes are not ready: etcd-first",
    );
    expect(second.read("lease")).toBe("");
  });

  test("one restarts in spite of others when its certificates end very soon", () => {
    const second = machine();
    second.end(7, "scheduler.conf");
    second.write("others", "etcd-first False\n");
    expect(second.renew().deeds).toEqual(["renew scheduler.conf", "take turn", ...restarts("kube-scheduler")]);
  });
});

describe("if the API server doesn't answer", () => {
  test("nothing restarts while the certificates are valid, since another control plane may be about to restart", () => {
    const machine = new ControlPlane(300);
    machine.end(20, "apiserver");
    machine.remove("api");
    expect(machine.renew()).toEqual({ status: 0, stderr: "", deeds: ["renew apiserver"] });
    expect(machine.read("notes")).toContain("problem=the API server does not answer");
  });

  test("all restart before any is awaited once certificates have expired, since each may need another one", () => {
    const machine = new ControlPlane(-1);
    machine.remove("api");
    const { status, deeds } = machine.renew();
    expect(status).toBe(0);
    expect(deeds.filter((deed) => !deed.startsWith("renew "))).toEqual([
      ...pods.map((pod) => `stop ${pod}`),
      ...pods.map((pod) => `healthy ${pod}`),
    ]);
  });
});

test("a certificate that the kubelet should have renewed is a problem that the Node shows", () => {
  const machine = new ControlPlane(300);
  machine.kubelet(340, 25); // 93 % of its validity are over
  machine.renew();
  expect(machine.read("notes")).not.toContain("kubelet");
  machine.kubelet(350, 15);
  expect(machine.renew()).toMatchObject({ status: 0 });
  expect(machine.read("notes")).toContain("certificates-problem=the kubelet has not renewed its client certificate");
});

test("so is the certificate by which the API server knows the kubelet", () => {
  const machine = new ControlPlane(300);
  machine.kubelet(350, 15, "server");
  machine.renew();
  expect(machine.read("notes")).toContain("certificates-problem=the kubelet has not renewed its server certificate");
});

test("kubelets whose requests nobody approves are a problem that the Node shows", () => {
  const machine = new ControlPlane(300);
  const before = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
  machine.write("requests", `system:node:worker ${before(9)}\n`);
  machine.renew();
  expect(machine.read("notes")).toContain("certificates-problem-");
  machine.write("requests", ["b", "a", "a"].map((name) => `system:node:${name} ${before(11)}\n`).join(""));
  machine.renew();
  expect(machine.read("notes")).toMatch(
    /problem=requests for kubelets' certificates are not approved: a b; journalctl/,
  );
});

describe("a kubelet whose certificate has ended, as on a machine that was off for long, doesn't start, and no static pod without it", () => {
  const off = () => {
    const machine = new ControlPlane(-1);
    machine.kubelet(366, -1);
    for (const pod of pods) machine.remove(`running/${pod}`);
    machine.remove("api");
    return machine;
  };
  const renewals = names.map((name) => `renew ${name}`);

  test("gets another one, and starts the static pods, which need no restart then", () => {
    const machine = off();
    const signed = "sign --client-name system:node:master --org system:nodes --validity-period 8760h0m0s";
    const deeds = [...renewals, signed, "restart kubelet"];
    expect(machine.renew()).toEqual({ status: 0, stderr: "", deeds });
    expect(machine.read("var/lib/kubelet/pki/kubelet-client-current.pem")).toBe("certificate\nkey");
    const files = fs.readdirSync(machine.file("var/lib/kubelet/pki"));
    expect(files).toEqual([
      expect.stringMatching(/^kubelet-client-\d{4}(-\d\d){5}\.pem$/),
      "kubelet-client-current.pem",
    ]);
    expect(fs.statSync(machine.file(`var/lib/kubelet/pki/${files[0]!}`)).mode & 0o777).toBe(0o600);
  });

  test("keeps its certificate if none can be signed there, which is an error", () => {
    const machine = off();
    machine.end(300, ...names);
    machine.write("no-key", "");
    const { status, stderr, deeds } = machine.renew();
    expect({ status, deeds }).toEqual({ status: 1, deeds: [] });
    expect(stderr).toMatch(/the kubelet's certificate has ended.*\[KK948\]/);
  });
});

describe("the approval of kubelets' certificates", () => {
  test("is a service that gets its rights first, and that `make drift` sees", () => {
    const machine = new ControlPlane(300);
    machine.renew();
    expect(machine.read("rights").split("\n")).toEqual(
      expect.arrayContaining(["kind: ClusterRole", "kind: ClusterRoleBinding"]),
    );
    expect(machine.read("etc/systemd/system/kubeadm-kafka-approval.service")).toContain(
      `bash --norc ${machine.file("var/lib/kubeadm-kafka/approve-kubelets.sh")} create`,
    );
    expect(machine.read("var/lib/kubeadm-kafka/applied/certificates")).toContain("unit kubeadm-kafka-approval.service");
  });

  test("fails the step if the kubelet asks for a certificate and gets none", () => {
    const machine = new ControlPlane(300);
    machine.write("var/lib/kubelet/config.yaml", "rotateCertificates: true\nserverTLSBootstrap: true\n");
    expect(machine.renew().stderr).toMatch(/asked for a serving certificate and got none.*\n?.*\[KK947\]/);
    machine.kubelet(1, 364, "server");
    expect(machine.renew()).toMatchObject({ status: 0, stderr: "" });
  });
});

describe("the timer on a control plane", () => {
  const unit = "etc/systemd/system/kubeadm-kafka-certificates";

  test("is installed, started and seen by `make drift`, and started anew only if it changes", () => {
    const machine = new ControlPlane(300);
    machine.renew();
    expect(machine.read(`${unit}.timer`)).toContain("OnUnitInactiveSec=86400s");
    expect(machine.read(`${unit}.service`)).toContain(
      `${machine.file("var/lib/kubeadm-kafka/renew-certificates.sh")} create`,
    );
    const enabled = ["certificates.timer", "approval.service"].map((unit) => `enable --quiet kubeadm-kafka-${unit}`);
    const started = enabled.flatMap((line) => [line, line.replace("enable --quiet", "restart")]);
    expect(machine.read("timer").split("\n")).toEqual(started);
    for (const name of [`${unit}.service`, `${unit}.timer`, "var/lib/kubeadm-kafka/renew-certificates.sh"])
      expect(machine.read("var/lib/kubeadm-kafka/applied/certificates")).toContain(`file ${machine.file(name)} `);
    expect(machine.read("var/lib/kubeadm-kafka/applied/certificates")).toContain(
      "unit kubeadm-kafka-certificates.timer",
    );
    machine.renew();
    expect(machine.read("timer").split("\n")).toEqual([...started, ...enabled]);
  });

  test("goes with the host: the undo removes every unit that a script writes", () => {
    const scripts = path.join(__dirname, "../../../components/cluster/scripts");
    const written = fs.globSync("*.sh", { cwd: scripts }).flatMap((file) => {
      const text = fs.readFileSync(path.join(scripts, file), "utf8");
      const valueOf = (name: string) => new RegExp(`\\b${name}=(\\S+)`).exec(text)![1]!;
      const called = [...text.matchAll(/^ {2}write_unit "\$(\w+)([-\w]*)"/gm)];
      const unitsOf = (name: string) =>
        name === "1" ? called.map(([, variable, more]) => `${valueOf(variable!)}${more}`) : [valueOf(name)];
      const units = text.matchAll(/put "\/etc\/systemd\/system\/\$(\w+)(\.\w+)?"/g);
      return [...units].flatMap(([, name, suffix = ""]) =>
        unitsOf(name!).map((unit) => `/etc/systemd/system/${unit}${suffix}`),
      );
    });
    const undo = fs.readFileSync(path.join(scripts, "undo.sh"), "utf8");
    const removals = [...undo.matchAll(/^ {2}rm -f [^]*?[^\\]$/gm)].filter(([line]) =>
      line.includes("/etc/systemd/system/"),
    );
    const [unit] = /\bunit=\S+/.exec(undo)!;
    const lines = removals.map(([line]) => line.replace("rm -f", "printf '%s\\n'"));
    const { stdout } = spawnSync("bash", ["-c", [unit, ...lines].join("\n")], { encoding: "utf8" });
    expect(written).toHaveLength(10);
    expect(stdout.split("\n")).toEqual(expect.arrayContaining(written));
  });

  /** Lets `up` install it, and time pass until certificates end in so many days. */
  const installed = (days: number) => {
    const machine = new ControlPlane(300);
    machine.renew();
    machine.end(days, ...names);
    return machine;
  };

  test("lets the control plane renew its certificates without any `up`", () => {
    const machine = installed(29);
    const deeds = [...names.map((name) => `renew ${name}`), "take turn", ...restarts(...pods)];
    expect(machine.renewUnattended()).toMatchObject({ status: 0, stderr: "", deeds });
    expect(machine.renewUnattended()).toMatchObject({ status: 0, stderr: "", deeds: [] });
  });

  test("fails visibly, on its Node and on the host, until it succeeds", () => {
    const machine = installed(29);
    machine.write("no-key", "");
    const { status, stderr } = machine.renewUnattended();
    expect(status).toBe(1);
    expect(stderr).toMatch(/^master: renew-certificates: these certificates end soon.*\[KK943\]$/m);
    const problem = () => machine.read("var/lib/kubeadm-kafka/certificates-problem");
    expect(problem()).toMatch(/^master: renew-certificates: these certificates end soon/);
    expect(machine.read("notes")).toContain(`kubeadm-kafka/certificates-problem=${problem()}`);
    machine.remove("no-key");
    expect(machine.renewUnattended()).toMatchObject({ status: 0, stderr: "" });
    expect(problem()).toBe("");
    expect(machine.read("notes")).toContain("kubeadm-kafka/certificates-problem-");
  });

  test("fails while its static pods have to wait for those of others", () => {
    const machine = installed(29);
    machine.write("others", "etcd-first False\n");
    expect(machine.renewUnattended()).toMatchObject({
      status: 1,
      stderr: "master: renew-certificates: static pods of other control planes are not ready: etcd-first [KK944]\n",
    });
  });
});

test("kubeadm is told another validity, once", () => {
  const machine = new ControlPlane(300);
  machine.write("validity", "certificateValidityPeriod: 24h0m0s\nkubernetesVersion: v1.34.4");
  expect(machine.renew().deeds).toEqual([
    "tell kubeadm: kubernetesVersion: v1.34.4",
    "tell kubeadm: certificateValidityPeriod: 8760h0m0s",
  ]);
});

describe("new settings of the control plane", () => {
  const script = composeScript(
    "master",
    { name: "apply", create: ["lib/turn", "lib/control-plane-restart"] },
    { CLUSTER },
  ).replace("\n;;", "\nbegin_on_ours\napply_control_plane_config\n;;");
  const machine = (changes: Record<string, string>) => {
    const made = new ControlPlane(300);
    for (const pod of pods.slice(1)) {
      made.write(`etc/kubernetes/manifests/${pod}.yaml`, "former");
      made.write(`new/${pod}`, changes[pod] ?? "former");
    }
    return made;
  };

  test("restart only the pods whose manifests they change", () => {
    const changed = machine({ "kube-controller-manager": "new" });
    expect(changed.renew(script)).toEqual({
      status: 0,
      stderr: "",
      deeds: [
        "healthy kube-apiserver",
        "take turn",
        "write kube-controller-manager",
        "healthy kube-controller-manager",
        "healthy kube-scheduler",
      ],
    });
    expect(changed.read("etc/kubernetes/manifests/kube-controller-manager.yaml")).toBe("new");
  });

  test("are taken back if a pod doesn't become healthy with them, and the pods behind it never get theirs", () => {
    const broken = machine({ "kube-apiserver": "broken", "kube-scheduler": "new" });
    const { status, stderr, deeds } = broken.renew(script);
    expect({ status, deeds }).toEqual({ status: 1, deeds: ["take turn", "write kube-apiserver"] });
    expect(stderr).toMatch(/kube-apiserver isn't healthy .* the settings from before again[^]*\[KK942\]/);
    expect(stderr).toContain("the log of kube-apiserver");
    expect(broken.read("etc/kubernetes/manifests/kube-apiserver.yaml")).toBe("former");
    expect(broken.read("etc/kubernetes/manifests/kube-scheduler.yaml")).toBe("former");
  });
});
