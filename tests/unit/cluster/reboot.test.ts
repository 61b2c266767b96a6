import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { actions } from "../../../components/cluster/actions";
import { composeScript, readScript } from "../../../components/cluster/hostScript";
import { type Maintenance, REPORT_ANNOTATION } from "../../../components/cluster/maintenancePlan";
import { reportInputs } from "../../../components/cluster/steps/preparePlan";

// Generous: it is about what happens, not about how busy the machine is.
jest.setTimeout(120_000);

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "reboot-"));
afterAll(() => fs.rmSync(temporary, { recursive: true }));

const CLUSTER = "kubeadm-kafka/ours";

/** A host that is a node, with a kernel, packages, a kubelet, and an API server that keeps the Node's annotation. */
class Machine {
  private readonly dir = fs.mkdtempSync(path.join(temporary, "machine-"));

  constructor(facts: Record<string, string> = {}) {
    const sound = {
      "var/lib/kubeadm-kafka/owner": `${CLUSTER}\n`,
      "etc/kubernetes/kubelet.conf": "kubeconfig",
      kernel: "6.1.0-28-amd64",
      build: "#1 SMP PREEMPT_DYNAMIC Debian 6.1.119-1 (2024-11-22)",
      "boot/vmlinuz-6.1.0-28-amd64": "",
      heartbeats: "2026-11-28T10:00:05Z\n",
    };
    for (const [file, text] of Object.entries({ ...sound, ...facts })) this.write(file, text);
    fs.mkdirSync(path.join(this.dir, "run"), { recursive: true });
    for (const [name, script] of Object.entries(programs)) {
      this.write(`bin/${name}`, `#!/bin/bash\n${script}`);
      fs.chmodSync(path.join(this.dir, "bin", name), 0o755);
    }
  }

  write(file: string, text: string): void {
    fs.mkdirSync(path.dirname(path.join(this.dir, file)), { recursive: true });
    fs.writeFileSync(path.join(this.dir, file), text);
  }

  read(file: string): string {
    const target = path.join(this.dir, file);
    return fs.existsSync(target) ? fs.readFileSync(target, "utf8").trim() : "";
  }

  /** The machine boots: /run is empty afterwards. */
  boot(): void {
    fs.rmSync(path.join(this.dir, "run"), { recursive: true });
    fs.mkdirSync(path.join(this.dir, "run"));
  }

  private bash(text: string) {
    const script = text
      .replaceAll(/(?<![\w/.])\/(etc|run|boot|var\/lib|var\/log)\//g, `${this.dir}/$1/`)
      .replaceAll("SECONDS + 600", "SECONDS + 20");
    const env = { PATH: `${this.dir}/bin:${process.env.PATH}`, DIR: this.dir };
    const { status, stdout, stderr } = spawnSync("bash", ["-s", "--", "create"], {
      input: script,
      encoding: "utf8",
      env,
    });
    return { status, stdout, stderr };
  }

  /** Runs the action, and says what the API server then has. */
  report(updates: Maintenance["updates"] = "never") {
    const inputs = reportInputs({ reboot: "when-needed", updates }, { kind: "upstream" });
    const { status, stderr } = this.bash(composeScript("worker", actions.reportHost, { CLUSTER, ...inputs }));
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const annotation = this.read("annotation");
    return annotation === "" ? undefined : (JSON.parse(annotation) as Record<string, string>);
  }

  /** Why the host needs a reboot. */
  why(): string {
    const libraries = ["HOST=worker ACTION=x MINUTES=1 CLUSTER=", readScript("lib/lib"), readScript("lib/reboot")];
    const { stdout, stderr, status } = this.bash([...libraries, "why_reboot"].join("\n"));
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    return stdout.trim();
  }

  /** Runs prepare.sh's step, and says what it let systemd do. */
  keepReporting(reporter: string): string[] {
    const functions = readScript("prepare").replace(/\nstep [^]*$/, "\n");
    const inputs = `HOST=worker ACTION=prepare MINUTES=1 CLUSTER= REPORTER='${reporter}'`;
    const text = [inputs, readScript("lib/lib"), functions, 'mkdir -p "$SCRATCH"', "keep_reporting"].join("\n");
    const { status, stderr } = this.bash(text);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const did = this.read("did").split("\n").filter(Boolean);
    fs.rmSync(path.join(this.dir, "did"), { force: true });
    return did;
  }
}

const programs = {
  "systemd-detect-virt": '[[ -e "$DIR/in-container" ]]',
  uname: 'case $1 in --kernel-release) cat "$DIR/kernel" ;; --kernel-version) cat "$DIR/build" ;; esac',
  "dpkg-query": `
    [[ $1 != --search ]] || { cat "$DIR/owner-of-containerd" 2>/dev/null; exit; }
    version=$(cat "$DIR/installed/\${!#}" 2>/dev/null) || exit 1
    want=install
    [[ ! -e $DIR/held/\${!#} ]] || want=hold
    if [[ $* == *Status-Want* ]]; then echo "$want installed $version"; else echo "installed $version"; fi`,
  containerd: "",
  "apt-get": `
    [[ $* != *update* ]] || { echo update >>"$DIR/did"; [[ ! -e $DIR/offline ]] || { echo "E: no route" >&2; exit 100; }; exit 0; }
    words=$*
    echo "\${words#*Use-Pty=0 }" >>"$DIR/did"
    cat "$DIR/simulated"`,
  systemctl: `
    case "$*" in
    "is-active --quiet kubelet") ;;
    "show kubelet --property ActiveEnterTimestamp --value") echo "Sat 2026-11-28 12:00:00 UTC" ;; # before the clock was set
    "show kubelet --property ActiveEnterTimestampMonotonic --value")
      ago=$(($(date +%s) - $(date --date 2026-11-28T10:00:00Z +%s)))
      echo $((($(cut --delimiter=. --fields=1 /proc/uptime) - ago) * 1000000)) ;;
    "start kubeadm-kafka-report.service") echo "$*" >>"$DIR/did"; exit 1 ;;
    *) echo "$*" >>"$DIR/did" ;;
    esac`,
  sleep: "",
  kubectl: `
    case "$*" in
    "get --raw"*) ;;
    *lastHeartbeatTime*) head -n 1 "$DIR/heartbeats"; [[ $(wc -l <"$DIR/heartbeats") == 1 ]] || sed -i 1d "$DIR/heartbeats" ;;
    *"annotations['${REPORT_ANNOTATION}']"*) cat "$DIR/annotation" 2>/dev/null || true ;;
    "annotate node worker ${REPORT_ANNOTATION}="*) echo "\${4#*=}" >"$DIR/annotation"; wc -l <"$DIR/heartbeats" >"$DIR/heartbeats-left" ;;
    *) exit 1 ;;
    esac`,
};

describe("a reboot is needed", () => {
  test.each<[string, Record<string, string>, string]>([
    ["not for the newest kernel", {}, ""],
    [
      "for a newer kernel of the same flavour",
      { "boot/vmlinuz-6.1.0-30-amd64": "", "boot/vmlinuz-6.1.0-9-amd64": "", "boot/vmlinuz-6.1.0-31-cloud-amd64": "" },
      "runs the kernel 6.1.0-28-amd64, while 6.1.0-30-amd64 is installed",
    ],
    ["not for an older one", { "boot/vmlinuz-6.1.0-9-amd64": "" }, ""],
    [
      "for a newer one of a cloud's flavour",
      { kernel: "6.1.0-28-cloud-amd64", "boot/vmlinuz-6.1.0-30-cloud-amd64": "", "boot/vmlinuz-6.1.0-31-amd64": "" },
      "runs the kernel 6.1.0-28-cloud-amd64, while 6.1.0-30-cloud-amd64 is installed",
    ],
    [
      "for a newer one of Ubuntu's",
      { kernel: "5.15.0-125-generic", build: "#135-Ubuntu SMP", "boot/vmlinuz-5.15.0-130-generic": "" },
      "runs the kernel 5.15.0-125-generic, while 5.15.0-130-generic is installed",
    ],
    [
      "for a later build of the kernel that runs",
      { "installed/linux-image-6.1.0-28-amd64": "6.1.120-1" },
      "runs the kernel 6.1.0-28-amd64 as of 6.1.119-1, while 6.1.120-1 is installed",
    ],
    ["not for the build that runs", { "installed/linux-image-6.1.0-28-amd64": "6.1.119-1" }, ""],
    ["not for a kernel that no package has", { kernel: "6.18.0+", build: "#1 SMP" }, ""],
    [
      "if packages ask for it",
      { "run/reboot-required": "", "run/reboot-required.pkgs": 'libc6\ndbus"\nlibc6\n' },
      "has packages that ask for a reboot: dbus libc6",
    ],
    [
      "if something asks for it without saying why",
      { "run/reboot-required": "" },
      "has packages that ask for a reboot",
    ],
    ["not for its machine's kernel in a container", { "in-container": "", "boot/vmlinuz-6.1.0-30-amd64": "" }, ""],
  ])("%s", (_, facts, expected) => expect(new Machine(facts).why()).toBe(expected));
});

describe("the report of a host", () => {
  test("has its boot, which another start of the script leaves as it is, and another boot changes", () => {
    const machine = new Machine();
    const { boot, ...others } = machine.report()!;
    expect(boot).toMatch(/^[\w-]{36}$/);
    expect(others).toEqual({});
    expect(machine.report()).toEqual({ boot });
    machine.boot();
    expect(machine.report()!["boot"]).not.toBe(boot);
  });

  test("has the reason for a reboot, and loses it with it", () => {
    const machine = new Machine({ "run/reboot-required": "", "run/reboot-required.pkgs": "libc6\n" });
    const { boot } = machine.report()!;
    expect(machine.report()).toEqual({ boot, reboot: "has packages that ask for a reboot: libc6" });
    machine.boot();
    expect(Object.keys(machine.report()!)).toEqual(["boot"]);
  });

  test("doesn't ask for another reboot for what the last one hasn't changed, until there is something else", () => {
    const machine = new Machine({ "boot/vmlinuz-6.1.0-30-amd64": "" });
    const { boot, reboot } = machine.report()!;
    machine.write("var/lib/kubeadm-kafka/rebooted-for", `${boot} ${reboot}\n`);
    expect(machine.report()).toEqual({ boot, reboot }); // the reboot is still to come
    machine.boot();
    expect(machine.report()).toMatchObject({ remains: reboot });
    machine.write("boot/vmlinuz-6.1.0-31-amd64", "");
    expect(machine.report()!["reboot"]).toContain("6.1.0-31-amd64 is installed");
  });

  test("of a new boot comes once the kubelet has posted the node's state since its start", () => {
    const machine = new Machine({ heartbeats: "2026-11-28T09:59:50Z\n2026-11-28T10:00:05Z\n" });
    machine.report();
    expect(machine.read("heartbeats-left")).toBe("1");
  });

  test.each([
    ["has not joined", { "etc/kubernetes/kubelet.conf": "" }],
    ["is still joining", { "etc/kubernetes/bootstrap-kubelet.conf": "kubeconfig" }],
  ])("is none while it %s", (_, facts) => expect(new Machine(facts).report()).toBeUndefined());
});

describe("newer packages", () => {
  const installed = {
    "owner-of-containerd": "containerd.io: /usr/bin/containerd\n",
    "installed/containerd.io": "1.7.9-1",
    "installed/runc": "1.1.5",
    "installed/haproxy": "2.6.11",
    simulated:
      "Inst libseccomp2 [2.5.4-1] (2.5.4-2 Debian:12.9 [amd64])\nInst runc [1.1.5] (1.1.15-1~x Debian:12.9 [amd64]) []\n" +
      "Inst containerd.io [1.7.9-1] (1.7.24-1 Docker:12 [amd64])\nInst haproxy-doc (2.6.12 Debian [all])\nConf runc (1.1.15-1~x)\n",
  };
  const asked = (machine: Machine) => machine.read("did").split("\n").at(-1);

  test("are reported, of the containerd that runs and of runc, not of what comes with them", () => {
    const machine = new Machine(installed);
    expect(machine.report("newest")).toMatchObject({ updates: "containerd.io=1.7.24-1 runc=1.1.15-1~x" });
    expect(asked(machine)).toBe("--simulate --only-upgrade install containerd.io runc");
  });

  test("are reported of the proxy to the API servers, where there is one", () => {
    const machine = new Machine({ ...installed, "etc/kubeadm-kafka/api.cfg": "" });
    machine.report("newest");
    expect(asked(machine)).toMatch(/ runc haproxy$/);
  });

  test("of what somebody has pinned, or of a containerd that is no package's, aren't asked for", () => {
    const machine = new Machine({ ...installed, "owner-of-containerd": "", "held/runc": "" });
    expect(machine.report("newest")).not.toHaveProperty("updates");
    expect(machine.read("did")).toBe("");
  });

  test("aren't asked for where nobody wants updates", () => {
    const machine = new Machine(installed);
    expect(machine.report()).not.toHaveProperty("updates");
    expect(machine.read("did")).toBe("");
  });

  test("are looked up in lists that are read once a day, or as they were, without a connection", () => {
    const machine = new Machine({ ...installed, offline: "" });
    expect(machine.report("newest")).toHaveProperty("updates");
    machine.report("newest");
    expect(
      machine
        .read("did")
        .split("\n")
        .filter((line) => line === "update"),
    ).toHaveLength(1);
  });
});

describe("the timer that reports", () => {
  const timer = "etc/systemd/system/kubeadm-kafka-report.timer";

  test("is started, and a failure of the first report fails nothing", () => {
    const machine = new Machine();
    const reports = ["restart kubeadm-kafka-report.timer", "start kubeadm-kafka-report.service"];
    expect(machine.keepReporting("text")).toEqual([
      "daemon-reload",
      "enable --quiet kubeadm-kafka-report.timer",
      ...reports,
    ]);
    expect(machine.keepReporting("text")).toEqual(["enable --quiet kubeadm-kafka-report.timer", ...reports]);
    expect(machine.read("var/lib/kubeadm-kafka/report-host.sh")).toBe("text");
    expect(machine.read(timer)).toContain("OnUnitInactiveSec=5min");
  });

  test("is removed where hosts are no longer rebooted", () => {
    const machine = new Machine();
    machine.keepReporting("text");
    expect(machine.keepReporting("")).toEqual(["disable --quiet --now kubeadm-kafka-report.timer"]);
    expect([machine.read(timer), machine.read("var/lib/kubeadm-kafka/report-host.sh")]).toEqual(["", ""]);
    expect(machine.keepReporting("")).toEqual([]);
  });
});
