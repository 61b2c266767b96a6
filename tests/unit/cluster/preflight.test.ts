import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { readScript } from "../../../components/cluster/hostScript";
import { readResult } from "../../../components/cluster/hostReport";
import type { PlannedHost } from "../../../components/cluster/hostsPlan";
import type { PreflightSettings } from "../../../components/cluster/steps/preflightPlan";
import { parsePreflightFacts, type PreflightFacts } from "../../../components/cluster/steps/preflightReport";
import { refusals } from "../../e2e/years/refusals";
import { linkMachineCommands, signedMirror } from "../../support/signedMirror";
import { CLUSTER, clusterSettings, preflightScript } from "../../support/preflight";

// A generous limit, since the machine may be busy.
jest.setTimeout(120_000);

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "preflight-"));
afterAll(() => fs.rmSync(temporary, { recursive: true }));

const GIB = 1024 ** 3;

/** A sound worker, 10.0.0.2: a folder in place of a host's root, and programs that print what a test sets. */
class Machine {
  private readonly dir = fs.mkdtempSync(path.join(temporary, "machine-"));

  constructor() {
    const files = {
      "etc/os-release": "ID=debian\nVERSION_ID=12\n",
      "etc/machine-id": "c0ffee\n",
      "etc/resolv.conf": "search lan\nnameserver 192.0.2.53\n",
      "dev/kmsg": "",
      "proc/meminfo": "MemTotal: 4000000 kB\n",
      "proc/filesystems": "nodev overlay\n",
      "proc/kallsyms": "0 t vxlan_setup\n0 t ipip_gro_receive\n",
      "sys/class/net/eth0/mtu": "1500\n",
      "sys/fs/cgroup/cgroup.controllers": "cpu memory pids\n",
    };
    for (const [file, text] of Object.entries(files)) this.write(file, text);
    for (const folder of ["bin", "run/systemd/system", "proc/sys/net/bridge", "var/lib", "srv", "answers"])
      fs.mkdirSync(path.join(this.dir, folder), { recursive: true });
    for (const program of [
      "containerd",
      "df",
      "dpkg-query",
      "ip",
      "iptables-nft-save",
      "iptables-legacy-save",
      "modprobe",
      "nft",
      "nproc",
      "ss",
      "stat",
      "systemctl",
      "systemd-detect-virt",
      "uname",
    ])
      this.has(program);
    this.says("uname -r", "6.1.0-28-amd64");
    this.says("nproc", "2");
    this.says("df --output=avail -BG /var/lib", "Avail\n80G");
    this.disk("/var/lib", 80 * GIB, 100 * GIB);
    this.disk("/srv", 80 * GIB, 100 * GIB);
    this.says(
      "ip -4 -oneline address show to 10.0.0.2/32",
      "2: eth0    inet 10.0.0.2/24 brd 10.0.0.255 scope global eth0",
    );
    this.says("ip -4 route show", "default via 10.0.0.1 dev eth0");
    this.leads("10.244.0.0", "10.244.0.0 via 10.0.0.1 dev eth0 src 10.0.0.2 uid 0");
    this.leads("10.96.0.0", "10.96.0.0 via 10.0.0.1 dev eth0 src 10.0.0.2 uid 0");
  }

  /** Adds a program that not every host has. */
  has(program: string): this {
    fs.writeFileSync(path.join(this.dir, "bin", program), ANSWER, { mode: 0o755 });
    return this;
  }

  /** Sets the output of a command, which succeeds. */
  says(command: string, answer: string): void {
    this.write(path.join("answers", command.replaceAll("/", "_")), answer && `${answer}\n`);
  }

  write(file: string, text: string | Buffer): void {
    const target = path.join(this.dir, file);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.writeFileSync(target, text);
  }

  mode(folder: string, mode: number): void {
    fs.chmodSync(path.join(this.dir, folder), mode);
  }

  /** A symbolic link in place of a folder. */
  leadsTo(folder: string, target: string): void {
    fs.symlinkSync(path.join(this.dir, target), path.join(this.dir, folder));
  }

  remove(file: string): void {
    fs.rmSync(path.join(this.dir, file), { recursive: true });
  }

  /** Sets a file system's free and total bytes and inodes. */
  disk(folder: string, free: number, total: number, { freeInodes = 90, inodes = 100, type = "ext2/ext3" } = {}): void {
    this.says(`df --block-size=1 --output=avail,size ${folder}`, `Avail Size\n${free} ${total}`);
    this.says(`df --block-size=1 --output=iavail,itotal ${folder}`, `IFree Inodes\n${freeInodes} ${inodes}`);
    this.says(`stat --file-system --format=%T ${folder}`, type);
    this.says(`stat --format=%d ${folder}`, folder);
  }

  /** What the mirror answers to a request for one of its files; without an answer the download fails for this reason. */
  mirror(files: Record<string, Buffer>, reason = "404  Not Found [IP: 10.0.0.9 5000]"): void {
    linkMachineCommands(path.join(this.dir, "bin"), "apt-get");
    fs.writeFileSync(path.join(this.dir, "bin/apt-helper"), APT_HELPER, { mode: 0o755 });
    for (const [file, content] of Object.entries({ ...files, reason })) this.write(`mirror/${file}`, content);
  }

  /** Files that the mirror was asked for. */
  requests(): string[] {
    const file = path.join(this.dir, "requests");
    return fs.existsSync(file) ? fs.readFileSync(file, "utf8").trim().split("\n") : [];
  }

  /** Sets the route of packets to an address. */
  leads(address: string, route: string): void {
    this.says(`ip -4 route get ${address}`, route);
  }

  /** Adds a program that listens on a port. */
  listens(transport: "tcp" | "udp", port: number, local: string, user = 'users:(("nginx",pid=7,fd=6))'): void {
    const state = transport === "tcp" ? "LISTEN" : "UNCONN";
    const command = `ss --no-header --listening --${transport} --numeric --processes sport = :${port}`;
    this.says(command, `${state} 0 511 ${local}:${port} 0.0.0.0:* ${user}`);
  }

  look(
    changes: Partial<PreflightSettings> = {},
    host: Partial<PlannedHost> = {},
  ): { findings: string[]; facts?: PreflightFacts } {
    const planned = { name: "host", role: "worker", address: "10.0.0.2", ...host } as const;
    const settings = { ...clusterSettings, volumesPath: `${this.dir}/srv/volumes`, ...changes };
    const script = preflightScript(planned, settings, host.role === "control-plane" ? [planned] : [], false)
      .replaceAll(/(?<!\w)\/(etc|proc|run|sys|var\/lib|dev\/kmsg)(?=[/\s";)]|$)/gm, `${this.dir}/$1`)
      .replaceAll(`console' ${this.dir}`, "console' ")
      .replaceAll("/usr/lib/apt/apt-helper", "apt-helper");
    const aptConfig = path.join(this.dir, "apt.conf");
    const env = {
      PATH: `${this.dir}/bin:${process.env.PATH}`,
      DIR: this.dir,
      ...(fs.existsSync(aptConfig) && { APT_CONFIG: aptConfig }),
    };
    const { status, stdout, stderr } = spawnSync("bash", ["-s", "--", "create"], {
      input: script,
      encoding: "utf8",
      env,
    });
    const [first, ...findings] = stderr.replaceAll(this.dir, "").trim().split("\n");
    const refusal = "host (10.0.0.2) cannot become a node, nothing was touched on any host:";
    expect({ status, first }).toEqual(findings.length ? { status: 1, first: refusal } : { status: 0, first: "" });
    const printed =
      status === 0 ? readResult(stdout, parsePreflightFacts, { host: "worker", step: "preflight" }) : undefined;
    return { findings: findings.map((line) => line.trim()), facts: printed };
  }
}

/** Programs without a set answer print nothing, or answer no. */
const ANSWER = `#!/bin/bash
command="\${0##*/} $*"
command=\${command//$DIR/}
command=\${command% }
file="$DIR/answers/\${command//\\//_}"
if [[ -e $file ]]; then cat "$file"; else [[ ! $command =~ ^(dpkg-query|firewall-cmd|modprobe|systemctl|systemd-detect-virt|ip -4 route get) ]]; fi
`;

/** Downloads from the mirror, which is a folder, and notes the requests. */
const APT_HELPER = `#!/bin/bash
case $* in
*" download-file http://10.0.0.9:5000/apt/"*)
  url=\${*: -2:1}
  echo "\${url##*/}" >>"$DIR/requests"
  cp "$DIR/mirror/\${url##*/}" "\${*: -1}" 2>/dev/null && exit
  echo "E: Failed to fetch $url  $(<"$DIR/mirror/reason")"
  exit 100
  ;;
"cat-file "*) exec /usr/lib/apt/apt-helper "$@" ;;
esac
`;

let machine: Machine;
beforeEach(() => (machine = new Machine()));

const controlPlane = { role: "control-plane" } as const;

test("a sound host passes, and reports the values by which hosts are compared", () => {
  for (const host of [{}, controlPlane]) {
    const { findings, facts } = machine.look({}, host);
    expect(findings).toEqual([]);
    expect(facts).toMatchObject({ machineId: "c0ffee", mtu: 1500, asked: null });
  }
});

test.each([
  ["debian", "12", []],
  ["debian", "13", []],
  ["ubuntu", "24.04", []],
  ["debian", "11", ["system    debian 11 is not supported; take Debian 12 or 13, or Ubuntu 22.04 or 24.04 [KK701]"]],
])("%s %s is as supported as the message says", (id, version, findings) => {
  machine.write("etc/os-release", `ID=${id}\nVERSION_ID="${version}"\n`);
  expect(machine.look().findings).toEqual(findings);
});

describe("a mirror", () => {
  const source = { kind: "mirror" as const, url: "http://10.0.0.9:5000/", key: "" };
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "preflight-mirror-"));
  afterAll(() => fs.rmSync(folder, { recursive: true }));
  const signed = (name: string, packages: readonly string[]) => {
    const { apt, key } = signedMirror(path.join(folder, name), packages);
    const fileOf = (file: string) => [file, fs.readFileSync(path.join(apt, file))] as const;
    const names = ["Packages", "Packages.xz", "InRelease", "key.asc"] as const;
    return { key, files: Object.fromEntries(names.map(fileOf)) as Record<(typeof names)[number], Buffer> };
  };
  let Packages: Buffer, compressed: Buffer, signature: Record<"InRelease" | "key.asc", Buffer>;
  beforeAll(() => {
    const { key, files } = signed("ours", [
      "kubelet 1.35.4-1.1",
      "kubeadm 1.36.3-1.1",
      "kubelet 1.34.4-1.1",
      "runc 1.37.2-1",
    ]);
    source.key = key;
    ({ Packages, "Packages.xz": compressed, ...signature } = files);
  });
  const hasKubelet = (version: string) =>
    machine.says("dpkg-query --show --showformat=${db:Status-Status} ${Version} kubelet", `installed ${version}-1.1`);

  test("must have the version's packages; those that it has are named", () => {
    machine.mirror({ Packages, ...signature });
    expect(machine.look({ source, version: "1.35.4" }).findings).toEqual([]);
    expect(machine.look({ source, version: "1.36.3" }).findings).toEqual([
      "mirror    http://10.0.0.9:5000 has no packages of Kubernetes 1.36.3, but of 1.34.4, 1.35.4; add them and its images " +
        "(docs/air-gap.md), or set kubernetes.version to one that is there [KK504]",
    ]);
    expect(machine.look({ source, version: "1.36.3" }).findings[0]).toMatch(
      refusals.notMirrored("1.36.3", "1.34.4, 1.35.4"),
    );
  });

  test("without packages at all has none", () => {
    const { key, files } = signed("without", ["runc 1.1.5-1"]);
    machine.mirror(files);
    expect(machine.look({ source: { ...source, key } }).findings).toEqual([
      expect.stringMatching(/Kubernetes 1\.34\.4, but of none; add/),
    ]);
  });

  test("may have only a compressed list", () => {
    machine.mirror({ "Packages.xz": compressed, ...signature });
    expect(machine.look({ source, version: "1.35.4" }).findings).toEqual([]);
  });

  test("must be signed; a file that is missing is named", () => {
    for (const file of ["InRelease", "key.asc"]) {
      machine.mirror({ Packages, ...signature });
      machine.remove(`mirror/${file}`);
      expect(machine.look({ source }).findings).toEqual([
        `signature http://10.0.0.9:5000/apt/${file}  404  Not Found [IP: 10.0.0.9 5000], so nobody vouches for the mirror's ` +
          "packages; sign it with the key of artifacts.mirrorKey (docs/air-gap.md), or set the fingerprint of the key that does [KK590]",
      ]);
    }
  });

  test.each([
    ["the key with the config's fingerprint, and no other", { Packages: () => Packages }, "A".repeat(40)],
    ["exactly the packages that it lists", { Packages: () => Buffer.concat([Packages, Buffer.from("\n")]) }, undefined],
  ])("must be signed by %s", (_, files, key) => {
    machine.mirror({ Packages: files.Packages(), ...signature });
    expect(machine.look({ source: { ...source, key: key ?? source.key } }).findings).toEqual([
      expect.stringMatching(
        /^signature http:\/\/10.0.0.9:5000\/apt\/Packages isn't what key [0-9A-F]{40} has signed: .*\[KK590\]$/,
      ),
    ]);
  });

  test("must be signed even for a host whose apt takes other packages unsigned", () => {
    machine.write("apt.conf", 'Acquire::AllowInsecureRepositories "true"; APT::Get::AllowUnauthenticated "true";\n');
    machine.mirror({ Packages, ...signature });
    expect(machine.look({ source: { ...source, key: "A".repeat(40) } }).findings).toEqual([
      expect.stringMatching(/^signature .*\[KK590\]$/),
    ]);
  });

  test("must be reachable from the host, and is asked once if it isn't", () => {
    machine.mirror({}, "Could not connect to 10.0.0.9:5000 (10.0.0.9).");
    expect(machine.look({ source }).findings).toEqual([
      "reach     http://10.0.0.9:5000/apt/Packages  Could not connect to 10.0.0.9:5000 (10.0.0.9).; serve the mirror there, and " +
        "let this host reach it [KK505]",
    ]);
    expect(machine.requests()).toEqual(["Packages"]);
  });

  test("isn't asked by a host that has the version's kubelet, nor without a mirror", () => {
    machine.mirror({}, "Could not connect to 10.0.0.9:5000 (10.0.0.9).");
    expect(machine.look().findings).toEqual([]);
    hasKubelet("1.34.4");
    expect(machine.look({ source }).findings).toEqual([]);
    expect(machine.requests()).toEqual([]);
  });

  test("is asked by a running node as well, for another version", () => {
    machine.mirror({ Packages, ...signature });
    machine.write("var/lib/kubeadm-kafka/owner", `${CLUSTER}\n`);
    machine.write("var/lib/kubeadm-kafka/node", "host worker\n");
    hasKubelet("1.34.4");
    expect(machine.look({ source, version: "1.37.2" }).findings).toEqual([expect.stringMatching(/\[KK504\]$/)]);
  });
});

describe("files of an earlier cluster", () => {
  test("any configuration of a pod network, since pods would use it, except one that names no plugin", () => {
    machine.write("etc/cni/net.d/00-none.conf", "{}");
    for (const name of [
      "87-podman.conflist",
      "05-cilium.conflist",
      "10-calico.conflist",
      "x y.conf",
      "README",
      ".kept",
    ])
      machine.write(`etc/cni/net.d/${name}`, '{"plugins": [{"type": "bridge"}]}');
    expect(machine.look().findings).toEqual([
      "cni       another pod network's configuration is here; if nobody needs it: sudo rm /etc/cni/net.d/05-cilium.conflist " +
        "/etc/cni/net.d/10-calico.conflist /etc/cni/net.d/87-podman.conflist '/etc/cni/net.d/x y.conf' [KK740]",
    ]);
  });

  test("but not Calico's files on a host of this stack", () => {
    machine.write("etc/cni/net.d/10-calico.conflist", '{"plugins": [{"type": "calico"}]}');
    machine.write("var/lib/kubeadm-kafka/owner", `${CLUSTER}\n`);
    machine.write("var/lib/kubeadm-kafka/node", "host worker\n");
    expect(machine.look().findings).toEqual([]);
  });

  test("addresses of pods, which Calico would take over", () => {
    machine.write("var/lib/cni/networks/k8s-pod-network/10.244.0.7", "container");
    machine.write("var/lib/cni/networks/podman/10.88.0.7", "container");
    expect(machine.look().findings).toEqual([expect.stringMatching(/sudo rm -r \S+\/k8s-pod-network \[KK740\]$/)]);
  });

  test("a kubelet's state, since it wouldn't start with other policies", () => {
    machine.write("var/lib/kubelet/cpu_manager_state", '{"policyName":"static","checksum":1}');
    machine.write("var/lib/kubelet/memory_manager_state", '{"policyName":"None","checksum":1}');
    expect(machine.look().findings).toEqual([
      "left      an earlier kubelet had other policies than this one will; let it forget them: sudo rm /var/lib/kubelet/cpu_manager_state [KK740]",
    ]);
  });

  describe("a kubelet's arguments, which would win over kubeadm's and the config's:", () => {
    const inDefault = [
      "left      an earlier kubelet's arguments are in /etc/default/kubelet, and would win over this one's settings; if nobody " +
        "needs them: sudo sed --in-place /KUBELET_/d /etc/default/kubelet [KK740]",
    ];
    const inUnits = (...files: string[]) => [
      "left      an earlier kubelet's unit is here, and would run with its own arguments; if nobody needs it: " +
        `sudo rm ${files.join(" ")} && sudo systemctl daemon-reload [KK740]`,
    ];

    test.each([
      "KUBELET_EXTRA_ARGS=--node-ip=192.168.33.11",
      'KUBELET_EXTRA_ARGS="--v=2 --cgroup-driver=cgroupfs"',
      "# by hand\n  KUBELET_KUBEADM_ARGS = '--max-pods=50'",
      'KUBELET_EXTRA_ARGS="\\\n--max-pods=50"',
    ])("in /etc/default/kubelet: %j", (text) => {
      machine.write("etc/default/kubelet", `${text}\n`);
      expect(machine.look().findings).toEqual(inDefault);
    });

    test.each([
      "KUBELET_EXTRA_ARGS=",
      'KUBELET_EXTRA_ARGS=""',
      "#KUBELET_EXTRA_ARGS=--v=2",
      "HTTPS_PROXY=http://proxy",
    ])("but not /etc/default/kubelet without any: %j", (text) => {
      machine.write("etc/default/kubelet", `${text}\n`);
      expect(machine.look().findings).toEqual([]);
    });

    test.each([
      ["etc/systemd/system/kubelet.service", "[Service]\nExecStart=/usr/local/bin/kubelet\n"],
      ["run/systemd/system/kubelet.service", ""], // an empty unit is a masked one
      [
        "etc/systemd/system/kubelet.service.d/20-etcd-service-manager.conf",
        "[Service]\nExecStart=\nExecStart=kubelet\n",
      ],
      ["etc/systemd/system/kubelet.service.d/local.conf", "[Service]\nEnvironment=KUBELET_EXTRA_ARGS=--max-pods=50\n"],
      ["run/systemd/system/kubelet.service.d/x.conf", "[Service]\nEnvironmentFile=-/etc/sysconfig/kubelet\n"],
    ])("in %s", (file, text) => {
      machine.write(file, text);
      expect(machine.look().findings).toEqual(inUnits(`/${file}`));
    });

    test("but not in a drop-in that sets other things, such as this program's own", () => {
      const folder = "etc/systemd/system/kubelet.service.d";
      const own = /put \/(\S*20-kubeadm-kafka.conf) <<-UNIT\n([^]*?)\n\tUNIT/.exec(readScript("prepare"))!;
      machine.write(own[1]!, own[2]!);
      machine.write(
        `${folder}/30-limits.conf`,
        "[Service]\nCPUAccounting=true\nEnvironment=HTTPS_PROXY=http://proxy\n",
      );
      machine.write(`${folder}/20-old.conf.bak`, "[Service]\nExecStart=kubelet\n");
      expect(machine.look().findings).toEqual([]);
    });

    test("and not on a host of this stack, which runs with them", () => {
      machine.write("etc/default/kubelet", "KUBELET_EXTRA_ARGS=--v=2\n");
      machine.write("etc/systemd/system/kubelet.service.d/x.conf", "[Service]\nExecStart=kubelet\n");
      machine.write("var/lib/kubeadm-kafka/owner", `${CLUSTER}\n`);
      machine.write("var/lib/kubeadm-kafka/node", "host worker\n");
      expect(machine.look().findings).toEqual([]);
    });
  });

  test.each(["bootstrap-kubelet.conf", "pki/ca.crt", "manifests/etcd.yaml"])("a node's %s", (file) => {
    machine.write(`etc/kubernetes/${file}`, "");
    expect(machine.look().findings).toEqual([
      `cluster   is a node of some other cluster (/etc/kubernetes/${file}); if that is not needed: sudo kubeadm reset [KK707]`,
    ]);
  });

  test("an etcd's data, whatever its folder's name, but not lost+found of a dedicated disk", () => {
    machine.write("var/lib/etcd/lost+found/x", "");
    expect(machine.look({}, controlPlane).findings).toEqual([]);
    machine.write("var/lib/etcd/default; reboot/member/x", "");
    expect(machine.look().findings).toEqual([]); // a worker has none
    expect(machine.look({}, controlPlane).findings).toEqual([
      "etcd      an etcd has its data here ('/var/lib/etcd/default; reboot'); if nobody needs it: sudo rm -r '/var/lib/etcd/default; reboot' [KK721]",
    ]);
  });
});

describe("a folder that is a link to another disk", () => {
  test("must be empty, since all of it is deleted with the node", () => {
    machine.write("disk/kubelet/lost+found/x", "");
    machine.leadsTo("var/lib/kubelet", "disk/kubelet");
    machine.leadsTo("var/lib/calico", "disk/none");
    expect(machine.look().findings).toEqual([
      "link      /var/lib/calico leads to /disk/none, which is no empty folder; let it lead to one that nothing else uses [KK747]",
    ]);
    machine.write("disk/none/x", "");
    machine.write("disk/kubelet/photos/x", "");
    expect(machine.look().findings).toEqual([
      expect.stringMatching(
        /^link {6}\/var\/lib\/kubelet leads to \/disk\/kubelet, which is no empty folder.*\[KK747\]$/,
      ),
      expect.stringMatching(/^link {6}\/var\/lib\/calico leads .*\[KK747\]$/),
    ]);
  });

  test("is searched for an etcd's data", () => {
    machine.write("disk/etcd/member/x", "");
    machine.leadsTo("var/lib/etcd", "disk/etcd");
    expect(machine.look().findings).toEqual([]); // a worker has none
    expect(machine.look({}, controlPlane).findings).toEqual([
      "etcd      an etcd has its data here (/var/lib/etcd/member); if nobody needs it: sudo rm -r /var/lib/etcd/member [KK721]",
    ]);
  });
});

describe("the kernel", () => {
  test("without the encapsulation's module is refused; a loaded, loadable or built-in module is accepted", () => {
    const ipip = { podNetwork: { module: "ipip", ports: ["tcp 179"] } };
    expect(machine.look(ipip).findings).toEqual([
      expect.stringMatching(
        /^kernel {4}no ipip, which network.encapsulation needs; set another one, or install .* \[KK706\]$/,
      ),
    ]);
    machine.says("modprobe --dry-run --quiet ipip", "");
    expect(machine.look(ipip).findings).toEqual([]);
    machine.write("proc/kallsyms", "0 t ipip_tunnel_setup\n");
    expect(machine.look().findings).toEqual([expect.stringMatching(/^kernel {4}no vxlan/)]);
    machine.write("sys/module/vxlan/refcnt", "0");
    expect(machine.look().findings).toEqual([]);
    machine.remove("sys/module/vxlan");
    expect(machine.look({ podNetwork: { module: "", ports: [] } }).findings).toEqual([]);
  });

  test("whose log the kubelet can't read is refused", () => {
    machine.remove("dev/kmsg");
    expect(machine.look().findings).toEqual([expect.stringMatching(/^kmsg {6}no \/dev\/kmsg, .* \[KK741\]$/)]);
  });
});

describe("what a newer Kubernetes needs", () => {
  const newer = { version: "1.35.4" };

  test("a kernel that kubeadm supports", () => {
    for (const kernel of ["5.4.0-1", "5.10.0-28-amd64", "5.15.0-122-generic", "6.8.0-31-generic", "10.0.1"]) {
      machine.says("uname -r", kernel);
      expect(machine.look(newer).findings).toEqual([]);
    }
    for (const kernel of ["4.19.0-27-amd64", "5.19.0-50-generic"]) {
      machine.says("uname -r", kernel);
      expect(machine.look().findings).toEqual([]); // 1.34 takes it
      expect(machine.look(newer).findings).toEqual([
        `release   kernel ${kernel} is none that kubeadm of 1.35.4 supports (5.4, 5.10, 5.15, 6.0 and newer); install one of the ` +
          "distribution's, and boot it [KK918]",
      ]);
    }
  });

  test("cgroup 2, except in a container, which has its machine's", () => {
    machine.remove("sys/fs/cgroup/cgroup.controllers");
    machine.write("proc/cgroups", "#subsys_name hierarchy num_cgroups enabled\nmemory 8 100 1\n");
    expect(machine.look().findings).toEqual([]); // 1.34 takes it
    expect(machine.look(newer).findings).toEqual([
      expect.stringMatching(/^cgroup {4}has cgroup 1, .*systemd.unified_cgroup_hierarchy=1 .*\[KK916\]$/),
    ]);
    machine.says("systemd-detect-virt --container --quiet", "");
    expect(machine.look(newer).findings).toEqual([]);
  });

  test("containerd 2 from 1.38 on, whose kubelet doesn't run with an older one", () => {
    machine.says("containerd --version", "containerd github.com/containerd/containerd 1.7.24 1.7.24~ds1-6");
    expect(machine.look({ version: "1.37.2" }).findings).toEqual([]);
    expect(machine.look({ version: "1.38.0" }).findings).toEqual([
      "runtime   containerd 1.7.24 lacks what the kubelet of Kubernetes 1.38.0 asks for; install containerd 2 [KK917]",
    ]);
    machine.says("containerd --version", "containerd github.com/containerd/containerd/v2 v2.1.4 1234567");
    expect(machine.look({ version: "1.38.0" }).findings).toEqual([]);
  });
});

describe("a node that will be upgraded", () => {
  beforeEach(() => {
    machine.write("var/lib/kubeadm-kafka/owner", `${CLUSTER}\n`);
    machine.write("etc/kubernetes/kubelet.conf", "");
    machine.write("var/lib/etcd/member/snap/db", "x".repeat(3 * 1024 ** 2));
    machine.says("dpkg-query --show --showformat=${db:Status-Status} ${Version} kubelet", "installed 1.34.4-1.1");
  });
  const freeOn = (disk: string, mib: number, ...folders: string[]) => {
    for (const folder of folders)
      machine.says(`df --output=avail,target --block-size=1M ${folder}`, `Avail Mounted on\n ${mib} ${disk}`);
  };
  const [etcd, settings] = ["/var/lib/etcd", "/etc/kubernetes"] as const;
  const free = (mib: number) => freeOn("/", mib, "/var/lib", etcd, settings);
  const look = (version: string, host: Partial<PlannedHost> = {}) => {
    machine.write("var/lib/kubeadm-kafka/node", `host ${host.role ?? "worker"}\n`);
    return machine.look({ version }, host).findings;
  };

  test("needs room for it, a control plane also for two copies of etcd's folder", () => {
    free(1023);
    expect(look("1.35.4")).toEqual([
      "upgrade   1023 MiB free on the disk at /, and its upgrade from 1.34.4 needs 1024; free some or enlarge the disk [KK915]",
    ]);
    expect(look("1.35.4")[0]).toMatch(refusals.littleRoom);
    free(1025);
    expect(look("1.35.4")).toEqual([]);
    expect(look("1.35.4", controlPlane)).toEqual([expect.stringMatching(/needs 10[34]\d; .*\[KK915\]$/)]);
    free(1100);
    expect(look("1.35.4", controlPlane)).toEqual([]);
  });

  test("needs the room where it goes: kubeadm copies etcd's folder to the disk of /etc/kubernetes", () => {
    free(9000);
    freeOn("/var", 9000, "/var/lib", etcd);
    freeOn("/", 2, settings);
    expect(look("1.35.4", controlPlane)).toEqual([
      expect.stringMatching(/^upgrade +2 MiB free on the disk at \/, and its upgrade from 1\.34\.4 needs [3-9]; /),
    ]);
    freeOn("/var/lib/etcd", 2, etcd);
    freeOn("/", 2000, settings);
    expect(look("1.35.4", controlPlane)).toEqual([expect.stringMatching(/free on the disk at \/var\/lib\/etcd, /)]);
    freeOn("/var/lib/etcd", 2000, etcd);
    expect(look("1.35.4", controlPlane)).toEqual([]);
  });

  test("needs none if it stays at its version", () => {
    free(10);
    expect(look("1.34.4", controlPlane)).toEqual([]);
  });
});

describe("a plug-in that is to encrypt Secrets", () => {
  const kms = { socket: "/srv/kms/plugin.sock", timeoutSeconds: 3 };
  const secretsEncryption = { keyGeneration: 1, provider: "kms", kms } as const;
  const controlPlane = { role: "control-plane" } as const;
  const sockets = (...paths: string[]): string => paths.map((each) => `u_str LISTEN 0 4096 ${each} 7 * 0`).join("\n");

  test("must run on a control plane", () => {
    machine.says("ss --no-header --listening --unix", sockets("/srv/kms/plugin.sock.old", "/run/another.sock"));
    expect(machine.look({ secretsEncryption }, controlPlane).findings).toEqual([
      expect.stringMatching(/plugin +no plug-in listens at \/srv\/kms\/plugin.sock .*\[KK977\]/),
    ]);
    machine.says("ss --no-header --listening --unix", sockets("/run/another.sock", "/srv/kms/plugin.sock"));
    expect(machine.look({ secretsEncryption }, controlPlane).findings).toEqual([]);
  });

  test("isn't looked for on a worker, or while a key encrypts them", () => {
    machine.says("ss --no-header --listening --unix", "");
    expect(machine.look({ secretsEncryption }).findings).toEqual([]);
    const byKey = { ...secretsEncryption, provider: "secretbox" } as const;
    expect(machine.look({ secretsEncryption: byKey }, controlPlane).findings).toEqual([]);
  });
});

describe("ports", () => {
  const taken = (port: number) => `port      ${port} is taken by "nginx" (process 7); stop it [KK709]`;

  test("of etcd's metrics, the kubelet's and Calico's health are needed only on loopback", () => {
    machine.listens("tcp", 2381, "0.0.0.0");
    machine.listens("tcp", 9099, "*");
    machine.listens("tcp", 10248, "127.0.0.1");
    expect(machine.look({}, controlPlane).findings).toEqual([10248, 9099, 2381].map(taken));
    expect(machine.look().findings).toEqual([10248, 9099].map(taken)); // a worker has no etcd
    for (const port of [2381, 9099, 10248]) machine.listens("tcp", port, "10.0.0.2");
    expect(machine.look({}, controlPlane).findings).toEqual([]);
  });

  test("of the pod network are needed if it has any", () => {
    machine.listens("udp", 4789, "0.0.0.0");
    machine.listens("tcp", 179, "0.0.0.0");
    expect(machine.look().findings).toEqual([taken(4789)]);
    machine.says("modprobe --dry-run --quiet ipip", "");
    expect(machine.look({ podNetwork: { module: "ipip", ports: ["tcp 179"] } }).findings).toEqual([taken(179)]);
    machine.listens("udp", 4789, "0.0.0.0", ""); // the kernel's own, of a VXLAN network that is there
    expect(machine.look().findings).toEqual([]);
  });
});

describe("routes", () => {
  const routed = (range: string, where: string) =>
    `network   ${range} is routed here already (${where}); choose another range [KK710]`;

  test("into a range are an overlap, and so is an address in it on a card that is down", () => {
    machine.says("ip -4 route show root 10.244.0.0/16", "10.244.7.0/24 via 10.0.0.1 dev eth0");
    machine.says("ip -4 -oneline address show to 10.96.0.0/12", "5: cni0    inet 10.96.3.1/24 scope global cni0\\ x");
    expect(machine.look().findings).toEqual([
      routed("10.244.0.0/16", "10.244.7.0/24 via 10.0.0.1 dev eth0"),
      routed("10.96.0.0/12", "10.96.3.1/24 on cni0"),
    ]);
  });

  test("of a VPN that takes all traffic are no overlap, those of a VPN with a network around the range are", () => {
    const both = ["10.244.0.0/16", "10.96.0.0/12"];
    const through = (address: string) => `${address} via 10.8.0.1 dev tun0 src 10.8.0.6 uid 0`;
    const byDefault = "default via 10.0.0.1 dev eth0";
    for (const range of both) machine.leads(range.split("/")[0]!, through(range.split("/")[0]!));
    for (const wide of ["0.0.0.0/1", "0.0.0.0/2"]) {
      machine.says("ip -4 route show", `${byDefault}\n${wide} via 10.8.0.1 dev tun0`); // all, or all but some
      expect(machine.look().findings).toEqual([]);
    }
    machine.says("ip -4 route show", `${byDefault}\n10.0.0.0/8 via 10.8.0.1 dev tun0`);
    expect(machine.look().findings).toEqual(both.map((range) => routed(range, through(range.split("/")[0]!))));
  });

  test("around a range to the default route's gateway are no overlap, nor are routes that reject", () => {
    const around = (route: string) => machine.says("ip -4 route show", route);
    around("default via 10.0.0.1 dev eth0\n10.0.0.0/8 via 10.0.0.1 dev eth0");
    expect(machine.look().findings).toEqual([]);
    around("default via 10.0.0.1 dev eth0\nunreachable 10.0.0.0/8 metric 1024");
    machine.remove("answers/ip -4 route get 10.244.0.0");
    expect(machine.look().findings).toEqual([]);
  });

  test("of other tables count if rules send packets there, as those of Tailscale and wg-quick do", () => {
    const around = "10.244.0.0 dev wg0 table 52 src 10.8.0.6 uid 0";
    machine.leads("10.244.0.0", around);
    machine.says("ip -4 route show table 52", "10.0.0.0/8 dev wg0 scope link");
    expect(machine.look().findings).toEqual([routed("10.244.0.0/16", around)]);
    machine.says("ip -4 route show table 52", "default dev wg0 scope link"); // takes all
    expect(machine.look().findings).toEqual([]);

    const into = "10.244.7.0/24 dev wg0 table 52 scope link";
    machine.says("ip -4 route show table all root 10.244.0.0/16", into);
    machine.leads("10.244.7.0", "10.244.7.0 dev wg0 table 52 src 10.8.0.6 uid 0");
    expect(machine.look().findings).toEqual([routed("10.244.0.0/16", into)]);
    machine.leads("10.244.7.0", "10.244.7.0 via 10.0.0.1 dev eth0 src 10.0.0.2 uid 0"); // for marked packets only
    expect(machine.look().findings).toEqual([]);
  });

  test("of the pod network must come before a VPN's rule that takes all traffic", () => {
    machine.leads("10.244.0.0", "10.244.0.0 dev wg0 table 52 src 10.8.0.6 uid 0");
    machine.says("ip -4 route show table 52", "default dev wg0 scope link");
    const rules = (...between: string[]) =>
      machine.says(
        "ip -4 rule show",
        [
          "0:\tfrom all lookup local",
          ...between,
          "32766:\tfrom all lookup main",
          "32767:\tfrom all lookup default",
        ].join("\n"),
      );
    const theirs = ["5210:\tfrom all fwmark 0x80000/0xff0000 lookup main", "5270:\tfrom all lookup 52"];
    rules(...theirs);
    expect(machine.look().findings).toEqual([
      "rules     a rule sends packets for 10.244.0.0/16 to table 52 before the pod network's routes are asked, as a VPN that takes " +
        "all traffic does; have those asked first, also after a boot: sudo ip rule add priority 5269 lookup main suppress_prefixlength 0 [KK749]",
    ]);
    rules("5269:\tfrom all lookup main suppress_prefixlength 0", ...theirs);
    expect(machine.look().findings).toEqual([]);
    rules("32764:\tfrom all lookup main suppress_prefixlength 0", "32765:\tnot from all fwmark 0xca6c lookup 52");
    expect(machine.look().findings).toEqual([]);
    rules();
    expect(machine.look().findings).toEqual([]);
  });

  test("that are split over several gateways are compared with each of them", () => {
    const split =
      "default proto static\n\tnexthop via 10.0.0.1 dev eth0 weight 1\n\tnexthop via 10.0.0.9 dev eth1 weight 1";
    machine.says("ip -4 route show", split);
    machine.leads("10.244.0.0", "10.244.0.0 via 10.0.0.9 dev eth1 src 10.0.0.2 uid 0");
    expect(machine.look().findings).toEqual([]);
  });

  test("must include one for services, or programs on the host can't reach them", () => {
    machine.remove("answers/ip -4 route get 10.96.0.0");
    expect(machine.look().findings).toEqual([
      "route     no route leads to 10.96.0.0/12, so this host would reach no service; give it a default route, " +
        "even if nothing is there: sudo ip route add default dev eth0 [KK742]",
    ]);
  });
});

describe("kernel parameters", () => {
  const wins = (file: string, key: string, value: string, needed: string) =>
    `kernel    ${key} is ${value} in ${file}, which a boot applies after this program's file; it must be ${needed}: ` +
    "remove that line [KK706]";

  test("that a boot would set to other values are refused, by file, key and value", () => {
    machine.write(
      "etc/sysctl.conf",
      "net.ipv4.ip_forward = 1\n net/ipv4/ip_forward=0\n-net.ipv4.conf.all.rp_filter = 2\nnet.ipv4.conf.all.log_martians=1\n",
    );
    machine.write("etc/sysctl.d/999-hardening.conf", "net.bridge.bridge-nf-call-iptables=0");
    machine.write("run/sysctl.d/zz.conf", "net.bridge.bridge-nf-call-ip6tables = 0\n");
    expect(machine.look().findings).toEqual([
      wins("/etc/sysctl.conf", "net.ipv4.ip_forward", "0", "1"),
      wins("/etc/sysctl.d/999-hardening.conf", "net.bridge.bridge-nf-call-iptables", "0", "1"),
      wins("/run/sysctl.d/zz.conf", "net.bridge.bridge-nf-call-ip6tables", "0", "1"),
      wins("/etc/sysctl.conf", "net.ipv4.conf.all.rp_filter", "2", "0"),
    ]);
  });

  test("are accepted with a value that works, in a comment, or in a file that a boot reads earlier", () => {
    machine.write(
      "etc/sysctl.conf",
      "#net.ipv4.ip_forward=0\n; net.ipv4.ip_forward=0\nnet.ipv4.ip_forward=1\nnet.ipv4.conf.all.rp_filter=1\n",
    );
    for (const name of ["10-network-security", "99-sysctl", "99-kubernetes-cri", "99-kubeadm-kafka"])
      machine.write(`etc/sysctl.d/${name}.conf`, "net.ipv4.ip_forward=0\nnet.ipv4.conf.all.rp_filter=2\n");
    machine.write("etc/sysctl.d/zz.conf.dpkg-old", "net.ipv4.ip_forward=0\n");
    expect(machine.look().findings).toEqual([]);
  });
});

describe("disks", () => {
  const pressure = (short: string, folder: string, limit: string) =>
    `pressure  ${short} free for ${folder}, and below ${limit} the kubelet evicts pods; free some, or set the host's kubelet.evictionHard [KK743]`;

  test("on which the kubelet would evict pods at once are refused, with numbers", () => {
    machine.disk("/var/lib", 14.9 * GIB, 100 * GIB);
    expect(machine.look().findings).toEqual([
      pressure("14.9 of 100.0 GiB", "/var/lib/containerd", "15% (imagefs.available)"),
    ]);
    machine.disk("/var/lib", 15 * GIB, 100 * GIB);
    expect(machine.look().findings).toEqual([]);
  });

  test("of their own are each checked by their limit, inodes too; a file system without inodes passes", () => {
    for (const folder of ["kubelet", "containerd"]) machine.write(`var/lib/${folder}/x`, "");
    machine.disk("/var/lib/kubelet", 11 * GIB, 100 * GIB, { freeInodes: 4, inodes: 100 });
    machine.disk("/var/lib/containerd", 11 * GIB, 100 * GIB, { freeInodes: 0, inodes: 0 });
    expect(machine.look().findings).toEqual([
      pressure("4 of 100 inodes", "/var/lib/kubelet", "5% (nodefs.inodesFree)"),
      pressure("11.0 of 100.0 GiB", "/var/lib/containerd", "15% (imagefs.available)"),
    ]);
  });

  test("are checked by the config's limits if it sets them, and by lower ones in a container", () => {
    machine.disk("/var/lib", 9 * GIB, 100 * GIB);
    const limits = (evictionHard: Record<string, string>) => machine.look({}, { kubelet: { evictionHard } }).findings;
    expect(limits({ "nodefs.available": "9Gi", "memory.available": "100Mi" })).toEqual([]);
    expect(limits({ "nodefs.available": "9.5%" })).toEqual([
      pressure("9.0 of 100.0 GiB", "/var/lib/kubelet", "9.5% (nodefs.available)"),
    ]);
    expect(machine.look().findings).toHaveLength(2);
    machine.says("systemd-detect-virt --container --quiet", "");
    expect(machine.look().findings).toEqual([]);
    machine.disk("/var/lib", 199 * 1024 ** 2, 100 * GIB);
    expect(limits({ "imagefs.available": "100Mi" })).toEqual([
      pressure("0.2 of 100.0 GiB", "/var/lib/kubelet", "200Mi (nodefs.available)"),
    ]);
  });

  test("for volumes must have free space, and keep files over a boot", () => {
    const volumes = (text: string) => [expect.stringMatching(new RegExp(`^volumes {3}.*${text}.* \\[KK744\\]$`))];
    machine.disk("/srv", 0.5 * GIB, 100 * GIB);
    expect(machine.look().findings).toEqual(volumes("0.5 of 100.0 GiB free for volumes in /srv, needs 1"));
    machine.disk("/srv", 80 * GIB, 100 * GIB, { type: "tmpfs" });
    expect(machine.look().findings).toEqual(volumes("/srv is in memory \\(tmpfs\\)"));
  });
});

test("an existing folder for volumes must be open to root only", () => {
  machine.write("srv/volumes/x", "");
  machine.disk("/srv/volumes", 80 * GIB, 100 * GIB);
  expect(machine.look().findings).toEqual([
    "access    /srv/volumes, the folder for volumes, is there and open to every user; close it: sudo chmod 700 /srv/volumes [KK748]",
  ]);
  machine.mode("srv/volumes", 0o750);
  expect(machine.look().findings).toEqual([]);
});

describe("a packet filter", () => {
  const closed = (host?: Partial<PlannedHost>) => {
    const { findings, facts } = machine.look({}, host);
    expect(findings).toEqual([]);
    return facts!.closed;
  };
  const inFilter = (port: string) => `${port} (table inet filter, chain input)`;
  /** A table of nftables with these chains, each with its hook, policy and rules. */
  const nft = (...chains: [string, string, ...string[]][]) =>
    [
      "table inet filter {",
      "\tset open {\n\t\ttype ipv4_addr\n\t\telements = { 192.0.2.1 }\n\t}",
      ...chains.map(([name, policy, ...rules]) =>
        [
          `\tchain ${name} {`,
          ...(policy ? [`type filter hook ${name} priority filter; policy ${policy};`] : []).map(
            (line) => `\t\t${line}`,
          ),
          ...rules.map((rule) => `\t\t${rule}`),
          "\t}",
        ].join("\n"),
      ),
      "}",
    ].join("\n");
  const usual = [
    'iif "lo" accept',
    "ct state established,related accept",
    "ct state invalid drop",
    "icmp type echo-request accept",
  ];

  test("of the host's own that drops other hosts' packets is reported", () => {
    machine.says("nft list ruleset", nft(["input", "drop", ...usual, "tcp dport { 22, 6443 } accept"]));
    expect(closed()).toEqual(["tcp 10250", "udp 4789"].map(inFilter));
    machine.says(
      "nft list ruleset",
      nft(["input", "accept", ...usual, "tcp dport 22 accept", "reject with icmpx type port-unreachable"]),
    );
    expect(closed()).toEqual(["tcp 10250", "udp 4789"].map(inFilter));
  });

  test("that accepts these packets by any rule is accepted", () => {
    const sets = 'tcp dport { 22, 80,\n\t\t\t     10240-10260 } counter packets 1 bytes 2 accept comment "{ kubelet"';
    machine.says("nft list ruleset", nft(["input", "drop", ...usual, sets, "udp dport 4789 accept"]));
    expect(closed()).toEqual([]);
    for (const rule of [
      "ip saddr 10.0.0.0/24 accept",
      "ip saddr @open accept",
      'iifname "eth0" accept',
      "jump hosts",
      "meta mark vmap { 1 : accept }",
    ]) {
      machine.says(
        "nft list ruleset",
        nft(["input", "drop", ...usual, rule], ["hosts", "", "ip saddr 10.0.0.0/24 accept"]),
      );
      expect(closed()).toEqual([]);
    }
    machine.says(
      "nft list ruleset",
      nft(["input", "drop", ...usual, 'iifname != "lo" jump hosts'], ["hosts", "", "tcp dport 10250 accept"]),
    );
    expect(closed()).toEqual([inFilter("udp 4789")]);
  });

  test("that drops the API server's packets, or pods', is refused", () => {
    machine.says(
      "nft list ruleset",
      nft(
        ["input", "drop", ...usual, "ip protocol tcp tcp dport 22 accept"],
        ["forward", "drop", "ct state established accept"],
      ),
    );
    expect(machine.look({}, controlPlane).findings).toEqual([
      "filter    drops what comes to the API server, tcp 6443 (table inet filter, chain input); accept it there, also after a boot [KK746]",
      "filter    drops what it forwards, packets of pods among it (table inet filter, chain forward); accept it there, also after a boot [KK746]",
    ]);
    machine.says("nft list ruleset", nft(["input", "accept"], ["forward", "drop", 'iifname "br0" accept']));
    expect(machine.look({}, controlPlane).findings).toEqual([]);
  });

  test("of iptables is checked as well, except for what Calico's rules accept before it", () => {
    const rules = [
      ":INPUT ACCEPT [0:0]",
      ":FORWARD DROP [0:0]",
      ":hosts - [0:0]",
      "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
      "-A INPUT -i lo -j ACCEPT",
      "-A INPUT -p icmp -j ACCEPT",
      '-A INPUT -p tcp -m tcp --dport 22 -m comment --comment "ssh: all" -j ACCEPT',
      "-A INPUT -p tcp -m multiport --dports 2379:2380,6443 -j ACCEPT",
      "-A INPUT -j hosts",
      "-A INPUT -j REJECT --reject-with icmp-host-prohibited",
    ];
    const save = (...more: string[]) => `*filter\n${[...rules, ...more].join("\n")}\nCOMMIT`;
    for (const program of ["iptables-nft-save", "iptables-legacy-save"]) {
      machine.says(program, save());
      machine.says("nft list ruleset", nft(["input", "accept"]).replace("inet", "ip"));
      expect(closed(controlPlane)).toEqual(["tcp 10250 (table ip filter, chain INPUT)"]);
      machine.says(program, save("-A hosts ! -i lo -p tcp -m tcp --dport 10250 -j ACCEPT"));
      expect(closed(controlPlane)).toEqual([]);
      machine.says(program, "");
    }
  });

  test("of iptables may drop forwarded packets by its policy, which comes after Calico's rules, but not by a rule", () => {
    const save = (...rules: string[]) =>
      ["*filter", ":INPUT ACCEPT [0:0]", ":FORWARD DROP [0:0]", ...rules, "COMMIT"].join("\n");
    machine.says("iptables-nft-save", save("-A FORWARD -i docker0 -j DROP"));
    expect(machine.look().findings).toEqual([]);
    machine.says("iptables-nft-save", save("-A FORWARD -j REJECT --reject-with icmp-host-prohibited"));
    expect(machine.look().findings).toEqual([expect.stringContaining("(table ip filter, chain FORWARD)")]);
  });

  test("knows IPIP, which has no ports", () => {
    const ipip = { podNetwork: { module: "vxlan", ports: ["tcp 179", "ipip"] } };
    const closedIn = (...rules: string[]) => {
      machine.says("nft list ruleset", nft(["input", "drop", ...usual, "tcp dport { 179, 10250 } accept", ...rules]));
      return machine.look(ipip).facts!.closed;
    };
    expect(closedIn()).toEqual([inFilter("ipip")]);
    for (const name of ["ip protocol ipencap", "ip protocol 4", "meta l4proto { 4, 47 }"])
      expect(closedIn(`${name} accept`)).toEqual([]);
    expect(closedIn("ip protocol 47 accept")).toEqual([inFilter("ipip")]);
  });

  describe("of ufw or firewalld", () => {
    const closedTable = nft(["input", "drop"], ["forward", "drop"]);
    const firewalld = closedTable.replace("inet filter", "inet firewalld");
    const ufw = "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n-A FORWARD -j REJECT\nCOMMIT";
    const firewalldsIptables = ufw.replace("*filter\n", "*filter\n:INPUT_ZONES - [0:0]\n");
    const beUfw = () => machine.has("ufw").says("ufw status", "Status: active");
    const beFirewalld = () => machine.has("firewall-cmd").says("firewall-cmd --state", "running");

    test.each([
      ["ufw", beUfw, "iptables-nft-save", ufw],
      [
        "ufw's iptables as nft lists it",
        beUfw,
        "nft list ruleset",
        nft(["forward", "accept", "drop"]).replace("inet", "ip"),
      ],
      ["firewalld", beFirewalld, "nft list ruleset", firewalld],
      ["firewalld with iptables", beFirewalld, "iptables-nft-save", firewalldsIptables],
    ])("is opened, and so isn't reported: %s", (_, become, command, rules) => {
      machine.says(command, rules);
      expect(machine.look().findings).not.toEqual([]);
      become();
      expect(closed()).toEqual([]);
    });

    test.each([
      ["ufw", beUfw, "nft list ruleset", closedTable],
      ["firewalld", beFirewalld, "nft list ruleset", `${firewalld}\n${closedTable}`],
      ["firewalld", beFirewalld, "iptables-nft-save", ufw],
    ])("doesn't hide rules of somebody else's beside %s", (_, become, command, rules) => {
      become();
      machine.says(command, rules);
      expect(machine.look().findings).toEqual([expect.stringContaining("packets of pods among it")]);
    });

    test("that has the pods' range in a zone must forward between pods by that zone, or by a policy", () => {
      const zone = (answers: Record<string, string>) => {
        machine = new Machine();
        beFirewalld();
        for (const [command, answer] of Object.entries(answers)) machine.says(`firewall-cmd ${command}`, answer);
        return machine.look().findings;
      };
      const pods = {
        "--get-zone-of-source=10.244.0.0_16": "pods",
        "--permanent --zone=pods --get-target": "default",
        "--get-active-policies": "allow-host-ipv6\n  ingress-zones: ANY\n  egress-zones: HOST",
      };
      expect(zone({})).toEqual([]);
      expect(zone(pods)).toEqual([
        "filter    firewalld's zone pods has 10.244.0.0/16, and drops packets between pods; accept them: " +
          "sudo firewall-cmd --permanent --zone=pods --set-target=ACCEPT && sudo firewall-cmd --reload [KK746]",
      ]);
      expect(zone({ ...pods, "--permanent --zone=pods --get-target": "ACCEPT" })).toEqual([]);
      expect(zone({ ...pods, "--zone=pods --query-forward": "yes" })).toEqual([]);
      expect(zone({ ...pods, "--get-active-policies": "theirs\n  ingress-zones: pods\n  egress-zones: ANY" })).toEqual(
        [],
      );
    });
  });
});

describe("name servers", () => {
  const names = (text: string) => [expect.stringMatching(new RegExp(`^names {5}${text}.* \\[KK745\\]$`))];

  test("on loopback, where the cluster's DNS would ask itself, are refused", () => {
    machine.write("etc/resolv.conf", "nameserver 127.0.0.1\nnameserver 192.0.2.53\nnameserver ::1\n");
    expect(machine.look().findings).toEqual(names("127.0.0.1 ::1 in /etc/resolv.conf is the cluster's DNS itself"));
  });

  test("are those that systemd-resolved asks, if it runs, and not its stub", () => {
    machine.write("etc/resolv.conf", "nameserver 127.0.0.53\n");
    machine.write("run/systemd/resolve/resolv.conf", "nameserver 192.0.2.53\n");
    machine.says("systemctl is-active --quiet systemd-resolved", "");
    expect(machine.look().findings).toEqual([]);
    machine.write("run/systemd/resolve/resolv.conf", "# No DNS servers known.\n");
    expect(machine.look().findings).toEqual(names("no name server in /run/systemd/resolve/resolv.conf"));
  });

  test("of a container don't matter, since its kubelet gets a file of its own", () => {
    machine.write("etc/resolv.conf", "nameserver 127.0.0.11\n");
    machine.says("systemd-detect-virt --container --quiet", "");
    expect(machine.look().findings).toEqual([]);
  });
});
