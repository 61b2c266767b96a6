import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { actions } from "../../../components/cluster/actions";
import { composeScript } from "../../../components/cluster/hostScript";
import { type HostTask, NO_TASK } from "../../../components/cluster/maintenancePlan";
import { upgradeInputs } from "../../../components/cluster/steps/upgradePlan";
import { KUBECTL_WITH_TURNS } from "../../support/turns";

// Generous: it is about what happens, not about how busy the machine is.
jest.setTimeout(600_000);

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "upgrade-"));
afterAll(() => fs.rmSync(temporary, { recursive: true }));

const CLUSTER = "kubeadm-kafka/ours";
const mirror = { kind: "mirror", url: "http://mirror", key: "A".repeat(40) } as const;
const components = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"] as const;
type Role = "control-plane" | "worker";

/** A node that runs 1.34.4, in a folder, with a package manager, a kubelet and an API server that is up if its manifests are there. */
class Node {
  readonly dir = fs.mkdtempSync(path.join(temporary, "node-"));

  constructor(readonly role: Role) {
    for (const folder of [
      "bin",
      "run",
      "log",
      "held",
      "etc/kubernetes/tmp",
      "var/lib/kubeadm-kafka/applied",
      "var/lib/kubelet",
    ])
      fs.mkdirSync(path.join(this.dir, folder), { recursive: true });
    this.write("etc/apt/keyrings/kubeadm-kafka.asc", "key"); // from the preparation
    const [signedBy, url] = [`${this.dir}/etc/apt/keyrings/kubeadm-kafka.asc,${mirror.key}`, `${mirror.url}/apt/`];
    this.write("etc/apt/sources.list.d/kubeadm-kafka.list", `deb [signed-by=${signedBy}] ${url} ./\n`);
    for (const [name, script] of Object.entries(programs))
      fs.writeFileSync(path.join(this.dir, "bin", name), `#!/bin/bash\n${BOUNDARY}${script}`, { mode: 0o755 });
    for (const name of ["kubelet", "kubeadm", "kubectl"]) this.write(`installed/${name}`, "1.34.4-1.1");
    this.write("installed/cri-tools", "1.34.0-1.1");
    this.write("installed/kubernetes-cni", "1.8.0-1.1");
    const releases = ["1.34.4", "1.35.4"].flatMap((v) =>
      ["kubelet", "kubeadm", "kubectl"].map((name) => `${name} ${v}`),
    );
    this.write("available", [...releases, "cri-tools 1.34.0", "kubernetes-cni 1.9.1", ""].join("\n"));
    this.write("recorded-version", "1.34.4");
    this.write("node-version", "v1.34.4");
    this.write("server-version", "1.35.4");
    this.write("ready", "True");
    this.write("heartbeats", "");
    this.write("var/lib/kubeadm-kafka/owner", `${CLUSTER}\n`);
    this.write("var/lib/kubeadm-kafka/applied/prepare", `file ${this.dir}/var/lib/kubelet/config.yaml 0\nswap off 1\n`);
    this.write("var/lib/kubelet/config.yaml", "of 1.34.4\n");
    this.write("sys/fs/cgroup/cgroup.controllers", "");
    if (role === "control-plane")
      for (const name of components) this.write(`etc/kubernetes/manifests/${name}.yaml`, manifest(name, "1.34.4"));
  }

  write(file: string, text: string): void {
    fs.mkdirSync(path.dirname(path.join(this.dir, file)), { recursive: true });
    fs.writeFileSync(path.join(this.dir, file), text);
  }

  read(file: string): string {
    const target = path.join(this.dir, file);
    return fs.existsSync(target) ? fs.readFileSync(target, "utf8") : "";
  }

  /**
   * Runs the step.
   *
   * @param dieAt the machine loses power at this boundary of a program that changes something: before it or in the middle
   */
  upgrade(version = "1.35.4", dieAt = 0, task: Partial<HostTask> = {}) {
    fs.rmSync(path.join(this.dir, "boundaries"), { force: true });
    const inputs = upgradeInputs(this.role, "1.35.4", mirror, { ...NO_TASK, ...task });
    const script = composeScript("host", actions.upgrade, { CLUSTER, ...inputs, KUBERNETES_VERSION: version })
      .replaceAll(/(?<![\w/.])\/(etc|run|sys|var\/lib|var\/cache)\//g, `${this.dir}/$1/`)
      .replaceAll("/var/log/", `${this.dir}/log/`)
      .replaceAll(/SECONDS \+ (300|180)/g, "SECONDS + 2");
    const env = { PATH: `${this.dir}/bin:${process.env.PATH}`, DIR: this.dir, DIE_AT: String(dieAt) };
    const command = ["--wait", "bash", "-s", "--", "create"]; // a group of its own, which the power loss ends
    const { status, stderr } = spawnSync("setsid", command, { input: script, encoding: "utf8", env });
    return { status, stderr };
  }

  /** What changed the node, in order, since the last call. */
  get log(): string[] {
    const lines = this.read("did").split("\n").filter(Boolean);
    fs.rmSync(path.join(this.dir, "did"), { force: true });
    return lines;
  }

  get state() {
    const names = fs.readdirSync(path.join(this.dir, "installed"));
    return {
      packages: Object.fromEntries(names.map((name) => [name, this.read(`installed/${name}`).trim()])),
      held: fs.readdirSync(path.join(this.dir, "held")).sort(),
      node: this.read("node-version").trim(),
      kubelet: this.read("var/lib/kubelet/config.yaml").trim(),
      manifests: components.map((name) =>
        this.read(`etc/kubernetes/manifests/${name}.yaml`)
          .replace(/^.*:v?/s, "")
          .trim(),
      ),
      recorded: this.read("recorded-version").trim(),
      marked: fs.existsSync(path.join(this.dir, "var/lib/kubeadm-kafka/upgrading")),
    };
  }
}

const manifest = (name: string, version: string) =>
  `spec:\n  containers:\n  - image: registry.k8s.io/${name}:${name === "etcd" ? `of-${version}` : `v${version}`}\n`;

/** At each boundary the machine may lose power: everything that the step has started ends. */
const BOUNDARY = `
boundary() {
  echo x >>"$DIR/boundaries"
  [[ $(wc -l <"$DIR/boundaries") != "$DIE_AT" ]] || kill -KILL 0
}
did() { echo "$*" >>"$DIR/did"; }
manifests=$DIR/etc/kubernetes/manifests
api_is_up() { [[ ! -d $manifests || (-e $manifests/etcd.yaml && -e $manifests/kube-apiserver.yaml) ]]; }
`;

const programs = {
  "systemd-detect-virt": '[[ -e "$DIR/in-container" ]]',
  "dpkg-query": `
    name=\${!#} version=$(cat "$DIR/installed/\${!#}" 2>/dev/null) || exit 1
    if [[ $* == *Status-Want* ]]; then [[ ! -e $DIR/held/$name ]] && echo "install installed $version" || echo "hold installed $version"; else echo "installed $version"; fi`,
  dpkg: '[[ $1 != --compare-versions ]] || exec /usr/bin/dpkg "$@"',
  "apt-mark": `shift; boundary; for name; do touch "$DIR/held/$name"; done; did hold "$@"`,
  "apt-get": `
    words=() simulate=
    while (($#)); do
      case $1 in
      -o) shift ;;
      --simulate) simulate=yes ;;
      -*) ;;
      install | update) verb=$1 ;;
      *) words+=("$1") ;;
      esac
      shift
    done
    [[ $verb == install ]] || exit 0
    for word in "\${words[@]}"; do
      name=\${word%%=*} version=\${word#"\${word%%=*}"} version=\${version#=} version=\${version%-\\*} version=\${version%-1.1}
      [[ -n $version ]] || version=$(awk -v name="$name" '$1 == name {print $2}' "$DIR/available" | tail -n 1)
      grep --quiet --line-regexp "$name $version" "$DIR/available" || { echo "E: Version '$version' for '$name' was not found" >&2; exit 100; }
      if [[ -z $simulate && $(<"$DIR/installed/$name") != "$version-1.1" ]]; then
        boundary
        echo "$version-1.1" >"$DIR/installed/$name"
        did "install $name $version"
      fi
    done`,
  systemctl: `
    case "$*" in
    "restart kubelet")
      boundary
      did restart kubelet
      version=$(<"$DIR/installed/kubelet")
      [[ -e $DIR/broken ]] || { echo "v\${version%-*}" >"$DIR/node-version"; echo x >>"$DIR/heartbeats"; }
      rm -f "$DIR/asked" # the kubelet makes static pods anew
      ;;
    "is-active --quiet kubeadm-kafka-reboot.service") [[ -e $DIR/reboot-ordered ]] ;;
    "is-active --quiet ssh."*) [[ -e $DIR/active/$3 ]] ;;
    stop* | *kubeadm-kafka-*) did "$*" ;;
    esac`,
  "systemd-run": 'did "systemd-run $*"',
  journalctl: 'echo "unknown flag"',
  du: 'echo "40 etcd"',
  df: 'echo header; echo "$(cat "$DIR/free" 2>/dev/null || echo 9000) /"',
  crictl: `
    case "$*" in
    *" --label io.kubernetes.pod.uid=uid-of-"*)
      echo "$*" >>"$DIR/asked"
      [[ -e $DIR/no-static-pods || $(wc -l <"$DIR/asked") -lt 2 ]] || echo "container of \${*##*-}"
      ;;
    ps*) echo etcd ;;
    "images --quiet") did "containerd answers" ;;
    *"snapshot save"*) boundary; did "snapshot of $(<"$DIR/recorded-version") in \${!#}" ;;
    *"endpoint health --cluster"*) [[ ! -e $DIR/etcd-unwell ]] || { echo "10.0.0.5:2379 is unhealthy" >&2; exit 1; } ;;
    esac`,
  kubeadm: `
    version=$(<"$DIR/installed/kubeadm") version=\${version%-*}
    did "kubeadm $*"
    cp "$DIR/lease" "$DIR/lease-of-upgrade" 2>/dev/null
    boundary
    if [[ -d $manifests && ($2 == apply || $(<"$DIR/recorded-version") == "$version") ]]; then
      api_is_up || exit 1
      backup=$(mktemp --directory "$DIR/etc/kubernetes/tmp/kubeadm-backup-manifests-$(date +%s%N)XXXX")
      mkdir -p "$DIR/etc/kubernetes/tmp/kubeadm-backup-etcd-1"
      for name in ${components.join(" ")}; do
        new=$(printf 'spec:\\n  containers:\\n  - image: registry.k8s.io/%s:%s\\n' "$name" "$([[ $name == etcd ]] && echo "of-$version" || echo "v$version")")
        [[ $(<"$manifests/$name.yaml") != "$new" ]] || continue
        mv "$manifests/$name.yaml" "$backup/$name.yaml"
        boundary
        echo "$new" >"$manifests/$name.yaml"
      done
    fi
    if [[ $2 == apply ]]; then
      boundary
      echo "\${3#v}" >"$DIR/recorded-version"
    fi
    boundary
    echo "of $version" >"$DIR/var/lib/kubelet/config.yaml"
    if [[ $2 == apply ]]; then
      boundary
      echo "of $version" >"$DIR/rights"
    fi`,
  kubectl: `
    case "$*" in
    *"--server https://127.0.0.1:10250 "*)
      for name in ${components.join(" ")}; do
        printf '{"metadata":{"name":"%s-host","namespace":"kube-system","uid":"uid-of-%s","annotations":{}}},' "$name" "$name"
      done
      exit
      ;;
    esac
    api_is_up || exit 1
    ${KUBECTL_WITH_TURNS}
    case "$*" in
    *"get --raw /version"*) printf '{\\n  "gitVersion": "v%s",\\n  "major": "1"\\n}\\n' "$(<"$DIR/server-version")" ;;
    *"get node "*annotations*) [[ ! -e $DIR/silent ]] || exit 1; cat "$DIR/note" 2>/dev/null || true ;;
    *"get node "*"lastHeartbeatTime}"*)
      [[ $* != *kubeletVersion* ]] || echo -n "$(<"$DIR/node-version") $(<"$DIR/ready") "
      echo "heartbeat $(wc -l <"$DIR/heartbeats")"
      ;;
    *"get node "*) cat "$DIR/node-version" ;;
    *kubeadm-config*"output go-template"*) printf 'networking: {}\\nkubernetesVersion: v%s\\n' "$(<"$DIR/recorded-version")" ;;
    *"get nodes --field-selector spec.unschedulable=false"*) [[ -e $DIR/no-node-for-a-trial ]] || echo worker ;;
    *"get clusterrolebinding"*) [[ -e $DIR/no-tokens ]] || echo bound ;;
    delete* | patch*) did "kubectl $1 $2 $3" ;;
    esac`,
};

const pinned = ["cri-tools", "kubeadm", "kubectl", "kubelet", "kubernetes-cni"];
const upgraded = (role: Role) => ({
  packages: {
    "cri-tools": "1.34.0-1.1",
    kubeadm: "1.35.4-1.1",
    kubectl: "1.35.4-1.1",
    kubelet: "1.35.4-1.1",
    "kubernetes-cni": "1.9.1-1.1", // the source has no other one
  },
  held: pinned,
  node: "v1.35.4",
  kubelet: "of 1.35.4",
  manifests: role === "worker" ? ["", "", "", ""] : ["of-1.35.4", "1.35.4", "1.35.4", "1.35.4"],
  recorded: role === "worker" ? "1.34.4" : "1.35.4",
  marked: false,
});
const succeeded = { status: 0, stderr: "" };

test("the first control plane is upgraded in kubeadm's order, after a snapshot of etcd", () => {
  const node = new Node("control-plane");
  expect(node.upgrade()).toEqual(succeeded);
  expect(node.log).toEqual([
    `snapshot of 1.34.4 in ${node.dir}/var/lib/etcd/kubeadm-kafka-before-upgrade.db`,
    "install kubeadm 1.35.4",
    "install kubectl 1.35.4",
    `kubeadm upgrade apply v1.35.4 --yes --patches ${node.dir}/var/lib/kubeadm-kafka/patches`,
    "install kubelet 1.35.4",
    "install kubernetes-cni 1.9.1",
    "restart kubelet",
    `hold ${["kubelet", "kubeadm", "kubectl", "cri-tools", "kubernetes-cni"].join(" ")}`,
  ]);
  expect(node.state).toEqual(upgraded("control-plane"));
  expect(fs.readdirSync(path.join(node.dir, "etc/kubernetes/tmp"))).toEqual([
    expect.stringMatching("backup-manifests"),
  ]);
});

test("a control plane's upgrade ends when the kubelet has made its static pods anew, since etcd and the API server stop for that", () => {
  const node = new Node("control-plane");
  expect(node.upgrade()).toEqual(succeeded);
  const asked = node.read("asked").trim().split("\n");
  expect(asked).toHaveLength(2 + components.length - 1); // the first one was there when it was asked for again
  expect(new Set(asked)).toEqual(
    new Set(components.map((name) => `ps --quiet --name ^${name}$ --label io.kubernetes.pod.uid=uid-of-${name}`)),
  );
  const broken = new Node("control-plane");
  broken.write("no-static-pods", "");
  expect(broken.upgrade().stderr).toMatch(/etcd isn't healthy five minutes after the kubelet's restart[^]*KK941/);
  expect(broken.state.marked).toBe(true);
});

test("a control plane is upgraded in its turn, which lasts as long as the step may, and is that of the next run if this one dies", () => {
  const node = new Node("control-plane");
  node.write("broken", "");
  expect(node.upgrade().status).toBe(1);
  expect(node.read("lease")).toMatch(/ host /);
  fs.rmSync(path.join(node.dir, "broken"));
  expect(node.upgrade()).toEqual(succeeded);
  expect(node.read("turns")).toBe("create host 3600\nreplace host 3600\nend\n");
  expect(node.read("lease-of-upgrade")).toMatch(/ host .* 3600\n$/);
  node.upgrade();
  expect(node.read("turns").match(/\n/g)).toHaveLength(3);
});

test("another control plane follows the first one's settings, and takes no snapshot", () => {
  const node = new Node("control-plane");
  node.write("recorded-version", "1.35.4");
  expect(node.upgrade()).toEqual(succeeded);
  const log = node.log;
  expect(log).toContain(`kubeadm upgrade node --patches ${node.dir}/var/lib/kubeadm-kafka/patches`);
  expect(log.filter((line) => /snapshot|apply/.test(line))).toEqual([]);
  expect(node.state).toEqual(upgraded("control-plane"));
});

test("a worker's kubelet restarts at the version, with settings that kubeadm has written before", () => {
  const node = new Node("worker");
  expect(node.upgrade()).toEqual(succeeded);
  expect(node.log.map((line) => line.split(" --")[0])).toEqual([
    "install kubeadm 1.35.4",
    "install kubectl 1.35.4",
    "kubeadm upgrade node",
    "install kubelet 1.35.4",
    "install kubernetes-cni 1.9.1",
    "restart kubelet",
    "hold kubelet kubeadm kubectl cri-tools kubernetes-cni",
  ]);
  expect(node.state).toEqual(upgraded("worker"));
  expect(node.read("turns")).toBe("");
});

describe.each<Role>(["control-plane", "worker"])("a %s", (role) => {
  test("at the version stays as it is; only what isn't pinned is pinned", () => {
    const node = new Node(role);
    expect(node.upgrade("1.34.4")).toEqual(succeeded);
    expect(node.log).toEqual(["hold kubelet kubeadm kubectl cri-tools kubernetes-cni"]);
    expect(node.upgrade("1.34.4")).toEqual(succeeded);
    expect(node.log).toEqual([]);
    node.upgrade();
    expect(node.log).not.toEqual([]);
    expect(node.upgrade()).toEqual(succeeded);
    expect(node.log).toEqual([]);
  });

  test("that loses power at any moment is upgraded by the next run", () => {
    for (let at = 1; ; at++) {
      const node = new Node(role);
      const { status } = node.upgrade("1.35.4", at);
      if (status === 0) {
        expect(at).toBeGreaterThan(role === "worker" ? 7 : 12); // each boundary was one
        return;
      }
      expect({ at, ...node.upgrade() }).toEqual({ at, ...succeeded });
      expect({ at, ...node.state }).toEqual({ at, ...upgraded(role) });
      // `kubeadm upgrade node` doesn't give them.
      if (role === "control-plane") expect({ at, rights: node.read("rights") }).toEqual({ at, rights: "of 1.35.4\n" });
    }
  });

  test.each([
    ["1.36.3", "a minor version is skipped"],
    ["1.34.3", "it would be a downgrade"],
    ["1.33.9", "it would be a downgrade"],
  ])("isn't touched on the way to %s: %s", (version) => {
    const node = new Node(role);
    const { status, stderr } = node.upgrade(version);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^host: upgrade: runs Kubernetes 1\.34\.4, from which .* can't be reached.*\[KK919\]\n$/s);
    expect(node.log).toEqual([]);
  });
});

test("a worker's kubelet never gets newer than the API servers", () => {
  const node = new Node("worker");
  node.write("server-version", "1.34.4");
  const { status, stderr } = node.upgrade();
  expect({ status, did: node.log }).toEqual({ status: 1, did: [] });
  expect(stderr).toMatch(/would run the kubelet 1\.35\.4, and the API servers run 1\.34\.4: .*\[KK919\]\n$/);
});

test("an upgrade that was taken back before anything ran at the version leaves the tools of before", () => {
  const node = new Node("control-plane");
  expect(node.upgrade("1.35.4", 3).status).not.toBe(0); // kubeadm is installed, and kubectl isn't yet
  expect(node.state.packages).toMatchObject({ kubeadm: "1.35.4-1.1", kubectl: "1.34.4-1.1" });
  expect(node.upgrade("1.34.4")).toEqual(succeeded);
  expect(node.state).toMatchObject({ packages: { kubeadm: "1.34.4-1.1" }, node: "v1.34.4", marked: false });
});

test("an upgrade that changed a control plane can't be taken back", () => {
  const node = new Node("control-plane");
  for (const name of components) node.write(`etc/kubernetes/manifests/${name}.yaml`, manifest(name, "1.35.4"));
  node.write("var/lib/kubeadm-kafka/upgrading", "1.35.4\n");
  expect(node.upgrade("1.34.4").stderr).toContain("runs Kubernetes 1.35.4");
  expect(node.log).toEqual([]);
});

describe("a control plane whose static pod's manifest is away", () => {
  const without = (name: string) => {
    const node = new Node("control-plane");
    const file = path.join(node.dir, `etc/kubernetes/manifests/${name}.yaml`);
    for (const [time, version] of [
      ["2026-01-02", "1.33.9"],
      ["2026-11-28", "1.34.4"],
    ] as const)
      node.write(`etc/kubernetes/tmp/kubeadm-backup-manifests-${time}/${name}.yaml`, manifest(name, version));
    fs.rmSync(file);
    return node;
  };

  test.each(components)("gets the latest one back that an interrupted kubeadm has moved away: %s", (name) => {
    const node = without(name);
    node.write("var/lib/kubeadm-kafka/upgrading", "1.35.4\n");
    node.write("var/lib/kubeadm-kafka/upgrading-cluster", "");
    expect(node.upgrade()).toEqual(succeeded);
    expect(node.state).toEqual(upgraded("control-plane"));
  });

  test("isn't touched if no upgrade was interrupted: somebody has moved it away", () => {
    const node = without("etcd");
    expect(node.upgrade()).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("wait for the API server") as string,
    });
    expect(node.state.manifests[0]).toBe("");
  });
});

test("cgroup 1 is tolerated in a container, where it is the machine's, and nowhere else", () => {
  const flagsOf = (inContainer: boolean, version: 1 | 2) => {
    const node = new Node("worker");
    if (inContainer) node.write("in-container", "");
    if (version === 1) fs.rmSync(path.join(node.dir, "sys/fs/cgroup/cgroup.controllers"));
    node.upgrade();
    return node.log
      .find((line) => line.startsWith("kubeadm"))!
      .includes("--ignore-preflight-errors=SystemVerification");
  };
  expect([flagsOf(true, 1), flagsOf(true, 2), flagsOf(false, 1), flagsOf(false, 2)]).toEqual([
    true,
    false,
    false,
    false,
  ]);
});

test("kubeadm's trial Job may fail where no node would take it, as next to tainted workers, and nowhere else", () => {
  const flagsOf = (taken: boolean) => {
    const node = new Node("control-plane");
    if (!taken) node.write("no-node-for-a-trial", "");
    expect(node.upgrade()).toEqual(succeeded);
    return node.log.find((line) => line.startsWith("kubeadm upgrade apply"))!.includes("=CreateJob");
  };
  expect([flagsOf(true), flagsOf(false)]).toEqual([false, true]);
});

test.each<[Role, number]>([
  ["worker", 256],
  ["control-plane", 336],
])("a %s isn't touched unless %d MiB are free, since the preflight may have looked days ago", (role, needed) => {
  const node = new Node(role);
  node.write("free", String(needed - 1));
  const { status, stderr } = node.upgrade();
  expect(stderr).toContain(`${needed - 1} MiB free on the disk at /, and its upgrade to 1.35.4 needs ${needed}; `);
  expect(stderr).toMatch(/\[KK915\]\n$/);
  expect({ status, log: node.log }).toEqual({ status: 1, log: [] });
  node.write("free", String(needed));
  expect(node.upgrade()).toEqual(succeeded);
});

test("a node that isn't ready at the version fails, with the end of its kubelet's log, and is tried again by the next run", () => {
  const node = new Node("worker");
  node.write("broken", "");
  const { status, stderr } = node.upgrade();
  expect(status).toBe(1);
  expect(stderr).toMatch(
    /is not Ready at v1\.35\.4 after its upgrade \(v1\.34\.4 True heartbeat 0\)\..*\nunknown flag \[KK913\]\n$/s,
  );
  fs.rmSync(path.join(node.dir, "broken"));
  expect(node.upgrade()).toEqual(succeeded);
  expect(node.state).toEqual(upgraded("worker"));
});

test("what the API server has of a node from before the kubelet's restart isn't taken for its readiness afterwards", () => {
  const node = new Node("worker");
  node.write("installed/containerd", "1.7.9-1.1");
  node.write("available", "containerd 1.7.24\n");
  node.write("note", "cordoned");
  node.write("broken", "");
  const task = { updates: "containerd=1.7.24-1.1" };
  expect(node.upgrade("1.34.4", 0, task).stderr).toMatch(
    /is not Ready at v1\.34\.4.*\(v1\.34\.4 True heartbeat 0\)[^]*KK913/,
  );
  fs.rmSync(path.join(node.dir, "broken"));
  expect(node.upgrade("1.34.4", 0, task)).toEqual(succeeded);
});

test("members of etcd that aren't well stop the upgrade behind this control plane", () => {
  const node = new Node("control-plane");
  node.write("etcd-unwell", "");
  expect(node.upgrade()).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/no other host was touched: 10\.0\.0\.5:2379 is unhealthy \[KK914\]\n$/) as string,
  });
});

describe("a reboot", () => {
  /** A node at the version, in the boot `a`, that was freed of its pods. */
  const freed = (role: Role = "worker") => {
    const node = new Node(role);
    node.upgrade("1.34.4");
    node.write("run/kubeadm-kafka-scripts/boot", "a");
    node.write("note", "cordoned");
    node.write("active/ssh.service", "");
    expect(node.log).not.toEqual([]);
    return node;
  };

  test("is ordered for when the script has ended, and no login is let in from then on, unless the reboot fails", () => {
    const node = freed();
    expect(node.upgrade("1.34.4", 0, { boot: "a" })).toEqual(succeeded);
    expect(node.log).toEqual([
      `systemd-run --quiet --collect --unit kubeadm-kafka-reboot -- sh -c flock --wait 1800 ${node.dir}/run/kubeadm-kafka-scripts/lock ` +
        "true; sleep 3; systemctl reboot",
      "systemd-run --quiet --collect --unit kubeadm-kafka-logins --on-active 600 -- systemctl start ssh.service",
      "stop ssh.service",
    ]);
    expect(node.read("var/lib/kubeadm-kafka/rebooted-for")).toMatch(/^a /);
  });

  test("isn't ordered twice, by a run that has waited for the one that ordered it", () => {
    const node = freed();
    node.write("reboot-ordered", "");
    expect(node.upgrade("1.34.4", 0, { boot: "a" })).toEqual(succeeded);
    expect(node.log).toEqual([]);
  });

  test("follows the upgrade of the host, which is drained once for both", () => {
    const node = freed();
    expect(node.upgrade("1.35.4", 0, { boot: "a" })).toEqual(succeeded);
    const log = node.log.map((line) => line.split(" ").slice(0, 2).join(" "));
    expect(log.slice(-4)).toEqual([
      "restart kubelet",
      "systemd-run --quiet",
      "systemd-run --quiet",
      "stop ssh.service",
    ]);
    expect(node.state.node).toBe("v1.35.4");
  });

  test("of a control plane is a turn of its own, which after-upgrade.sh ends", () => {
    const node = freed("control-plane");
    expect(node.upgrade("1.34.4", 0, { boot: "a" })).toEqual(succeeded);
    expect(node.read("turns")).toBe("create host/reboot 3600\n");
  });

  test("isn't repeated in the next boot", () => {
    const node = freed();
    node.write("run/kubeadm-kafka-scripts/boot", "b");
    expect(node.upgrade("1.34.4", 0, { boot: "a" })).toEqual(succeeded);
    expect(node.log).toEqual([]);
  });

  test("doesn't happen while the node has its pods, or while nobody can say whether it has", () => {
    const node = freed();
    fs.rmSync(path.join(node.dir, "note"));
    expect(node.upgrade("1.34.4", 0, { boot: "a" })).toEqual(succeeded);
    node.write("silent", "");
    expect(node.upgrade("1.34.4", 0, { boot: "a" }).status).toBe(1);
    expect(node.log).toEqual([]);
  });
});

describe("an update of packages", () => {
  const updates = "containerd=1.7.24-1.1 haproxy=2.6.12-1.1";
  /** A node at the version, that was freed of its pods. */
  const freed = () => {
    const node = new Node("worker");
    node.write("installed/containerd", "1.7.9-1.1");
    node.write("installed/haproxy", "2.6.12-1.1");
    node.write("available", "containerd 1.7.24\n");
    node.write("note", "cordoned");
    node.upgrade("1.34.4");
    expect(node.log).not.toEqual([]);
    return node;
  };

  test("installs what isn't there yet, restarts the proxy, and ends once containerd answers and the kubelet is ready", () => {
    const node = freed();
    expect(node.upgrade("1.34.4", 0, { updates })).toEqual(succeeded);
    expect(node.log).toEqual([
      "install containerd 1.7.24",
      "containerd answers",
      "try-restart kubeadm-kafka-api.service",
      "restart kubelet",
      "start --no-block kubeadm-kafka-report.service",
    ]);
    expect(node.state.packages).toMatchObject({ containerd: "1.7.24-1.1" });
  });

  test("leaves out versions that the source no longer has, and packages that were pinned since: else no run would ever succeed", () => {
    const node = freed();
    node.write("installed/runc", "1.1.5-1.1");
    node.write("available", "containerd 1.7.25\nrunc 1.1.15\n");
    const task = { updates: "containerd=1.7.24-1.1 runc=1.1.15-1.1" };
    expect(node.upgrade("1.34.4", 0, task)).toEqual(succeeded);
    expect(node.state.packages).toMatchObject({ containerd: "1.7.9-1.1", runc: "1.1.15-1.1" });
    const pinnedSince = freed();
    pinnedSince.write("held/containerd", "");
    expect(pinnedSince.upgrade("1.34.4", 0, { updates })).toEqual(succeeded);
    expect(pinnedSince.state.packages).toMatchObject({ containerd: "1.7.9-1.1" });
  });

  test("never downgrades, and doesn't happen while the node has its pods", () => {
    const newer = freed();
    newer.write("installed/containerd", "1.7.25-1.1");
    expect(newer.upgrade("1.34.4", 0, { updates })).toEqual(succeeded);
    const busy = freed();
    fs.rmSync(path.join(busy.dir, "note"));
    expect(busy.upgrade("1.34.4", 0, { updates })).toEqual(succeeded);
    expect([newer.log, busy.log]).toEqual(Array(2).fill(["start --no-block kubeadm-kafka-report.service"]));
  });

  test("that was interrupted anywhere is done by the next run", () => {
    for (let at = 1; ; at++) {
      const node = freed();
      if (node.upgrade("1.34.4", at, { updates }).status === 0) return expect(at).toBeGreaterThan(2);
      expect(node.log).not.toContain("restart kubelet");
      expect({ at, ...node.upgrade("1.34.4", 0, { updates }) }).toEqual({ at, ...succeeded });
      expect({ at, ...node.state.packages }).toMatchObject({ at, containerd: "1.7.24-1.1" });
      expect(node.log).toContain("restart kubelet");
      expect(node.upgrade("1.34.4", 0, { updates })).toEqual(succeeded);
      expect(node.log).not.toContain("restart kubelet");
    }
  });
});

describe("the rights of kubeadm's bootstrap tokens", () => {
  const revoked = (node: Node) => node.log.filter((line) => line.startsWith("kubectl"));

  test("are revoked again where the cluster had none, after an interruption as well", () => {
    const node = new Node("control-plane");
    node.write("no-tokens", "");
    expect(node.upgrade("1.35.4", 10).status).not.toBe(0);
    fs.rmSync(path.join(node.dir, "no-tokens")); // kubeadm has bound them
    expect(node.upgrade()).toEqual(succeeded);
    expect(revoked(node)).toEqual([
      "kubectl delete clusterrolebinding kubeadm:kubelet-bootstrap",
      "kubectl delete rolebinding kubeadm:kubeadm-certs",
      "kubectl patch rolebinding kubeadm:nodes-kubeadm-config",
      "kubectl patch rolebinding kubeadm:kubelet-config",
    ]);
  });

  test("stay where the cluster had them", () => {
    const node = new Node("control-plane");
    node.upgrade();
    expect(revoked(node)).toEqual([]);
  });
});

test("the kubelet's file, which kubeadm has written anew, is no drift", () => {
  const node = new Node("worker");
  node.upgrade();
  const { stdout } = spawnSync("sha256sum", [path.join(node.dir, "var/lib/kubelet/config.yaml")], { encoding: "utf8" });
  expect(node.read("var/lib/kubeadm-kafka/applied/prepare")).toBe(
    `file ${node.dir}/var/lib/kubelet/config.yaml ${stdout.split(" ")[0]!}\nswap off 1\n`,
  );
});
