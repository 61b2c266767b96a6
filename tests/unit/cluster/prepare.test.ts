import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { readScript } from "../../../components/cluster/hostScript";

// A generous limit, since the machine may be busy.
jest.setTimeout(120_000);

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "prepare-"));
afterAll(() => fs.rmSync(temporary, { recursive: true }));

/** Runs a command with a network of its own. */
const asRoot = process.getuid?.() === 0 ? [] : ["--map-root-user"];
const isolated = ["unshare", ...asRoot, "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];

/** A machine in a folder, with the state of its package manager and its systemd. */
class Machine {
  private readonly dir = fs.mkdtempSync(path.join(temporary, "machine-"));

  constructor() {
    for (const folder of [
      "bin",
      "enabled",
      "run",
      "etc/apt/sources.list.d",
      "etc/apt/keyrings",
      "etc/ssl/certs",
      "var/lib/kubeadm-kafka",
    ])
      fs.mkdirSync(path.join(this.dir, folder), { recursive: true });
    for (const [name, script] of Object.entries(programs))
      fs.writeFileSync(path.join(this.dir, "bin", name), `#!/bin/bash\n${script}`, { mode: 0o755 });
    this.write("etc/apt/keyrings/kubeadm-kafka.asc", "key");
    this.write("etc/ssl/certs/ca-certificates.crt", "");
    this.write("var/lib/kubeadm-kafka/swaps", "");
    this.write("var/lib/kubeadm-kafka/sysctls", "");
    this.write("var/lib/kubeadm-kafka/modules", "overlay\nbr_netfilter\n");
  }

  write(file: string, text: string): void {
    fs.mkdirSync(path.dirname(path.join(this.dir, file)), { recursive: true });
    fs.writeFileSync(path.join(this.dir, file), text);
  }

  /** The names in a folder. */
  list(folder: string): string[] {
    return fs.readdirSync(path.join(this.dir, folder)).sort();
  }

  /** Sets a kernel parameter as a boot does: the last file by its name wins, and 99-sysctl.conf is /etc/sysctl.conf. */
  afterBoot(parameter: string): string | undefined {
    const texts = this.list("etc/sysctl.d").map((name) => this.read(`etc/sysctl.d/${name}`));
    return new RegExp(`.*^${parameter} *= *(.*?)$`, "ms").exec(texts.join("\n"))?.[1];
  }

  has(file: string): boolean {
    return fs.existsSync(path.join(this.dir, file));
  }

  /** Writes a file as kubeadm writes the kubelet's settings. */
  writeOpen(file: string): void {
    fs.rmSync(path.join(this.dir, file), { force: true });
    fs.mkdirSync(path.dirname(path.join(this.dir, file)), { recursive: true });
    fs.writeFileSync(path.join(this.dir, file), "", { mode: 0o644 });
  }

  mode(file: string): string {
    return (fs.statSync(path.join(this.dir, file)).mode & 0o777).toString(8);
  }

  read(file: string): string {
    return fs.readFileSync(path.join(this.dir, file), "utf8");
  }

  /** Runs functions of a host script, without the steps that the script ends with. @param around a command that runs the shell */
  run(script: "prepare" | "undo", commands: string, MIRROR = "", around: string[] = [], MIRROR_KEY = "AAAA"): void {
    const functions = readScript(script).replace(/\n(end_running_step\nbegin\n)?step [^]*$/, "\n");
    const text = [
      `HOST=host MIRROR='${MIRROR}' MIRROR_KEY=${MIRROR_KEY} KUBERNETES_VERSION=1.34.4 ACTION=x`,
      readScript("lib/lib"),
      readScript("lib/packages"),
      functions,
    ]
      .concat('mkdir -p "$SCRATCH"', commands)
      .join("\n")
      .replaceAll(/(?<!\w)\/(etc|run|var|proc\/sys)\//g, `${this.dir}/$1/`);
    const env = { PATH: `${this.dir}/bin:${process.env.PATH}`, DIR: this.dir };
    const [program, ...args] = [...around, "bash", "-s"];
    const { status, stderr } = spawnSync(program, args, { input: text, encoding: "utf8", env });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  }

  /** Package lists, by name. */
  get lists(): Record<string, string> {
    const folder = path.join(this.dir, "etc/apt/sources.list.d");
    const texts = fs.readdirSync(folder).map((name) => [name, fs.readFileSync(path.join(folder, name), "utf8")]);
    return Object.fromEntries(texts) as Record<string, string>;
  }

  get enabled(): string[] {
    return fs.readdirSync(path.join(this.dir, "enabled"));
  }

  enable(...services: string[]): void {
    for (const service of services) this.write(`enabled/${service}`, "");
  }
}

const firewalld = fs.readFileSync(path.join(__dirname, "../../support/firewall-cmd.sh"), "utf8");
const programs = {
  "apt-get": `sed -n "s,^deb \\[.*\\] \\(.*\\)/ /$,'\\1/InRelease' a 0,p" "$DIR"/etc/apt/sources.list.d/*.list 2>/dev/null`,
  "systemd-detect-virt": "exit 1",
  swapoff: "",
  "firewall-cmd": firewalld,
  "firewall-offline-cmd": firewalld,
  systemctl: `
    service=$DIR/enabled/\${!#}
    case $1 in
    is-active) [[ -e $service.service ]] ;;
    reload) echo "\${!#}" >>"$DIR/reloads" ;;
    is-enabled) [[ -e $service.service ]] ;;
    disable) rm "$service.service" ;;
    enable) touch "$service" ;;
    esac`,
};

describe("the repository of Kubernetes' packages", () => {
  const upstream = "https://pkgs.k8s.io/core:/stable:/v1.34/deb/";
  const fetch = 'by_proxy() { echo "key of $3" >"$4"; };';
  const theirs = `deb [signed-by=/etc/apt/keyrings/kubernetes-apt-keyring.gpg] ${upstream} /\n`;

  test("isn't listed a second time with another key, since apt would then read no list at all", () => {
    const machine = new Machine();
    machine.write("etc/apt/sources.list.d/kubernetes.list", theirs);
    machine.write("etc/apt/sources.list.d/kubeadm-kafka.list", "deb [trusted=yes] http://mirror/apt/ ./\n"); // from before
    machine.run("prepare", "write_apt_source");
    expect(machine.lists).toEqual({ "kubernetes.list": theirs });
  });

  test("is listed if nobody has listed it, and stays; another minor version's is a separate one", () => {
    const machine = new Machine();
    const older = theirs.replace("1.34", "1.33");
    machine.write("etc/apt/sources.list.d/kubernetes.list", older);
    machine.run("prepare", `${fetch} write_apt_source; write_apt_source`);
    expect(machine.lists).toMatchObject({
      "kubernetes.list": older,
      "kubeadm-kafka.list": expect.any(String) as string,
    });
    const [, signedBy, url] = /^deb \[signed-by=(.*)\] (.*) \/\n$/.exec(machine.lists["kubeadm-kafka.list"]!)!;
    expect(url).toBe(upstream);
    // As published, for all minor versions: https://kubernetes.io/blog/2023/08/15/pkgs-k8s-io-introduction/
    expect(signedBy).toMatch(/kubeadm-kafka\.asc,DE15B14486CD377B9E876E1A234654DA9A296436$/);
  });

  test("is the mirror's if there is one, whatever else is listed", () => {
    const machine = new Machine();
    machine.write("etc/apt/sources.list.d/kubernetes.list", theirs);
    machine.run("prepare", `${fetch} write_apt_source`, "http://mirror");
    expect(machine.lists["kubeadm-kafka.list"]).toMatch(
      /^deb \[signed-by=\/.*\/kubeadm-kafka.asc,AAAA\] http:\/\/mirror\/apt\/ \.\/\n$/,
    );
  });
});

describe("the key of that repository", () => {
  const download = (does: string) => `by_proxy() { ${does}; }; write_apt_source`;
  const key = "etc/apt/keyrings/kubeadm-kafka.asc";
  const list = "etc/apt/sources.list.d/kubeadm-kafka.list";
  const fetched = download(`echo "from $3" >"$4"; echo "$3" >>"$DIR/fetched"`);
  const upstreamKey = "https://pkgs.k8s.io/core:/stable:/v1.34/deb/Release.key\n";

  test("is the source's: another mirror's, another key of the mirror, or upstream's, each fetched once", () => {
    const machine = new Machine();
    const [first, second] = ["http://first", "http://second"];
    machine.write(list, `deb [trusted=yes] ${first}/apt/ ./\n`); // from before
    machine.run("prepare", fetched, first);
    machine.run("prepare", fetched, first);
    machine.run("prepare", fetched, second);
    machine.run("prepare", fetched, second, [], "BBBB");
    machine.run("prepare", fetched);
    machine.run("prepare", fetched);
    const urls = [first, second, second].map((url) => `${url}/apt/key.asc\n`);
    expect(machine.read("fetched")).toBe([...urls, upstreamKey].join(""));
    expect(machine.read(key)).toBe(`from ${upstreamKey}`);
  });

  test("isn't fetched again by a host that has it from an earlier version, since upstream may be out of reach by now", () => {
    const machine = new Machine();
    machine.write(key, "theirs");
    machine.run("prepare", `${fetched}; sed -i s/,.*]/]/ "$apt_list"; echo theirs >"$apt_key"; ${fetched}`);
    expect(machine.read(key)).toBe("theirs\n");
    expect(machine.read(list)).toMatch(/kubeadm-kafka.asc,DE15B/);
  });

  test("is fetched again if a full disk left an empty file", () => {
    const machine = new Machine();
    machine.write(key, "");
    machine.run("prepare", download(`echo "$3 of $2" >"$4"`));
    expect(machine.read(key)).toMatch(/^https:.*Release.key of download-file\n$/);
  });

  test("is complete or absent if the write is interrupted", () => {
    const machine = new Machine();
    machine.write(key, "");
    machine.run("prepare", download(`echo key >"$4"; install() { head --bytes 1 "$3" >"$4"; exit; }`));
    expect(machine.read(key)).toBe("");
  });
});

test("services that make swap at every boot are disabled, and enabled again when the host is undone", () => {
  const machine = new Machine();
  machine.enable("zramswap.service", "dphys-swapfile.service", "ssh.service");
  machine.run("prepare", "disable_swap; disable_swap");
  expect(machine.enabled).toEqual(["ssh.service"]);
  machine.run("undo", "restore_kernel");
  expect(machine.enabled).toEqual(["dphys-swapfile.service", "ssh.service", "zramswap.service"]);
});

describe("kernel parameters", () => {
  const values = {
    "net.ipv4.ip_forward": "1",
    "net.bridge.bridge-nf-call-iptables": "1",
    "net.bridge.bridge-nf-call-ip6tables": "1",
    "net.ipv4.conf.all.rp_filter": "0",
  };
  const hardened = () => {
    const machine = new Machine();
    const others = Object.keys(values).map((key) => [key, "2"] as const);
    for (const [key, value] of others) machine.write(`proc/sys/${key.replaceAll(".", "/")}`, value);
    machine.write("etc/sysctl.d/99-sysctl.conf", others.map((pair) => `${pair.join("=")}\n`).join(""));
    return machine;
  };
  const file = "99-zz-kubeadm-kafka.conf";
  const before = "99-kubeadm-kafka.conf";

  test("have the same values after a boot, whatever /etc/sysctl.conf has", () => {
    const machine = hardened();
    machine.run("prepare", "write_sysctls");
    for (const [key, value] of Object.entries(values)) {
      expect(machine.read(`proc/sys/${key.replaceAll(".", "/")}`)).toBe(value);
      expect(machine.afterBoot(key)).toBe(value);
    }
  });

  test("are in one file, also where an earlier version had one of another name, and the undo removes it", () => {
    const machine = hardened();
    machine.write(`etc/sysctl.d/${before}`, "net.ipv4.ip_forward = 1\n");
    machine.run("prepare", "write_sysctls; write_sysctls");
    expect(machine.list("etc/sysctl.d")).toEqual(["99-sysctl.conf", file]);
    machine.run("undo", ': >"$SCRATCH/was-here"; remove_files 2>/dev/null');
    expect(machine.list("etc/sysctl.d")).toEqual(["99-sysctl.conf"]);
  });

  test("of a host that an earlier version prepared are removed by the undo as well", () => {
    const machine = hardened();
    machine.write(`etc/sysctl.d/${before}`, "net.ipv4.ip_forward = 1\n");
    machine.run("undo", ': >"$SCRATCH/was-here"; remove_files 2>/dev/null');
    expect(machine.list("etc/sysctl.d")).toEqual(["99-sysctl.conf"]);
  });
});

describe("firewalld", () => {
  const ports = ["10.0.0.0/24 tcp 10250", "10.0.0.0/24 tcp 179", "10.0.0.0/24 udp 4789", "10.244.0.0/16 tcp 10250"];
  const ruleFor = (port: string) => {
    const [from, protocol, number] = port.split(" ");
    return `rich-rule=rule family="ipv4" source address="${from}" port port="${number}" protocol="${protocol}" accept`;
  };
  const opened = [...ports.map((port) => `public ${ruleFor(port)}`), "trusted source=10.244.0.0/16"];
  const theirs = ["public service=ssh", "home source=192.0.2.0/24"];
  const openFirewall =
    "ip() { echo 10.0.0.0/24 dev eth0; }; ROLE=worker ADDRESS=10.0.0.2 POD_CIDR=10.244.0.0/16; open_firewall";

  const machineWith = ({ permanent, runtime }: { permanent: string[]; runtime: string[] }) => {
    const machine = new Machine();
    const lines = (all: string[]) => all.map((line) => `${line}\n`).join("");
    machine.write("firewalld/permanent", lines(permanent));
    machine.write("firewalld/runtime", lines(runtime));
    return machine;
  };
  const stateOf = (machine: Machine) => {
    const lines = (scope: string) => machine.read(`firewalld/${scope}`).split("\n").filter(Boolean);
    return { permanent: lines("permanent"), runtime: lines("runtime") };
  };

  test("is opened once, now and after a reload, and the undo leaves what was there", () => {
    const before = { permanent: theirs, runtime: [...theirs, "public service=http"] };
    const machine = machineWith(before);
    machine.run("prepare", `${openFirewall}; ${openFirewall}`);
    expect(stateOf(machine)).toEqual({
      permanent: [...before.permanent, ...opened],
      runtime: [...before.runtime, ...opened],
    });
    machine.run("undo", "close_firewall 2>/dev/null");
    expect(stateOf(machine)).toEqual(before);
  });

  test.each([
    ["only until a reload", { permanent: theirs, runtime: [...theirs, ...opened] }],
    ["only after a reload", { permanent: [...theirs, ...opened], runtime: theirs }],
    ["in part", { permanent: [opened[0]!, opened[4]!], runtime: [opened[1]!] }],
  ])("keeps what somebody has opened %s, and is opened all the same", (_, before) => {
    const machine = machineWith(before);
    machine.run("prepare", openFirewall);
    const { permanent, runtime } = stateOf(machine);
    expect(permanent).toEqual(expect.arrayContaining(opened));
    expect(runtime).toEqual(expect.arrayContaining(opened));
    machine.run("undo", "close_firewall 2>/dev/null");
    expect(stateOf(machine)).toEqual(before);
  });

  test("keeps the pods' range in a zone of somebody's, now or after a reload", () => {
    for (const before of [
      { permanent: ["pods source=10.244.0.0/16"], runtime: [] },
      { permanent: [], runtime: ["pods source=10.244.0.0/16"] },
    ]) {
      const machine = machineWith(before);
      machine.run("prepare", openFirewall);
      const added = opened.slice(0, 4);
      expect(stateOf(machine)).toEqual({
        permanent: [...before.permanent, ...added],
        runtime: [...before.runtime, ...added],
      });
    }
  });

  test("that an earlier version has opened gets what is missing, and the undo closes all of it", () => {
    const rules = opened.slice(0, 4);
    const machine = machineWith({ permanent: [...theirs, ...rules], runtime: [...theirs, ...rules] });
    const noted = ports.map((port) => `${ruleFor(port).replace("rich-rule=", "")}\n`).join("");
    machine.write("var/lib/kubeadm-kafka/firewalld", noted);
    machine.run("prepare", openFirewall);
    expect(stateOf(machine)).toEqual({ permanent: [...theirs, ...opened], runtime: [...theirs, ...opened] });
    machine.run("undo", "close_firewall 2>/dev/null");
    expect(stateOf(machine)).toEqual({ permanent: theirs, runtime: theirs });
  });

  test("is closed by the undo even if somebody has stopped it", () => {
    const machine = machineWith({ permanent: theirs, runtime: theirs });
    machine.run("prepare", openFirewall);
    machine.write("firewalld/stopped", "");
    machine.run("undo", "close_firewall 2>/dev/null");
    expect(stateOf(machine).permanent).toEqual(theirs);
  });

  test("forwards packets between pods after the preparation, and not after the undo", () => {
    const machine = machineWith({ permanent: [], runtime: [] });
    const closeFirewall = /^firewalld_after_reload[^]*?^close_firewall\(\) \{[^]*?^\}$/m.exec(readScript("undo"))![0];
    const pods = fs.readFileSync(path.join(__dirname, "../../support/twoPods.sh"), "utf8");
    const commands = [
      pods,
      closeFirewall,
      'firewall-cmd --add-service=ssh; pods_connect before >>"$DIR/seen"',
      'ROLE=worker ADDRESS=192.0.2.1 POD_CIDR=10.244.0.0/16; open_firewall; pods_connect opened >>"$DIR/seen"',
      'close_firewall 2>/dev/null; pods_connect undone >>"$DIR/seen"',
    ];
    machine.write("firewalld/packets", "");
    machine.run("prepare", commands.join("\n"), "", isolated);
    expect(machine.read("seen")).toBe("before: closed\nopened: open\nundone: closed\n");
  });
});

describe("NetworkManager", () => {
  const folder = "etc/NetworkManager/conf.d";
  const settings =
    "[keyfile]\nunmanaged-devices+=interface-name:cali*;interface-name:tunl0;interface-name:vxlan.calico\n";

  test("leaves pods' links alone, now and after a boot, until the undo", () => {
    const machine = new Machine();
    machine.enable("NetworkManager.service");
    machine.write(`${folder}/theirs.conf`, "");
    machine.run("prepare", "leave_links_to_calico; leave_links_to_calico");
    expect(machine.read(`${folder}/kubeadm-kafka.conf`)).toBe(settings);
    expect(machine.read("reloads")).toBe("NetworkManager\n");
    machine.run("undo", ': >"$SCRATCH/was-here"; remove_files 2>/dev/null; remove_files 2>/dev/null');
    expect(machine.list(folder)).toEqual(["theirs.conf"]);
    expect(machine.read("reloads")).toBe("NetworkManager\nNetworkManager\n");
  });

  test("gets no file where it isn't installed, and isn't started", () => {
    const machine = new Machine();
    machine.run("prepare", "leave_links_to_calico");
    expect(machine.list("etc")).not.toContain("NetworkManager");
    machine.write(`${folder}/theirs.conf`, "");
    machine.run("prepare", "leave_links_to_calico");
    expect(machine.list(folder)).toContain("kubeadm-kafka.conf");
    expect(() => machine.read("reloads")).toThrow();
  });
});

describe("Kubernetes on a running node", () => {
  const node = (kubelet: string, isNode = true) => `
    KUBERNETES_VERSION=1.35.4 ARCHIVES=$DIR/archives
    is_node() { ${isNode}; }
    package_version() { ${kubelet ? `echo ${kubelet}-1.1` : ":"}; }
    write_apt_source() { :; }
    apt_update() { :; }
    refuse() { echo "$2 [$1]" >"$DIR/refused"; exit 0; }
    apt() { echo "$*" >>"$DIR/asked"; [[ ! -e $DIR/lacks ]] || { echo "E: Version '1.35.4-*' for 'kubelet' was not found" >&2; return 100; }; }`;
  const asked = (machine: Machine, commands: string) => {
    machine.write("asked", "");
    machine.run("prepare", `${commands}\nfetch_upgrade`);
    return machine.read("asked").trim().split("\n").filter(Boolean);
  };

  test("keeps its version; a host that isn't a node gets the cluster's, and so does one that has none", () => {
    const fits = (commands: string) => {
      const machine = new Machine();
      machine.run("prepare", `${commands}\nif has_fit_version kubelet; then touch "$DIR/fits"; fi`);
      return machine.has("fits");
    };
    expect(fits(node("1.34.4"))).toBe(true);
    expect(fits(node("1.34.4", false))).toBe(false);
    expect(fits(node("1.35.4", false))).toBe(true);
    expect(fits(node(""))).toBe(false);
  });

  test("is downloaded at the version that it will be upgraded to, and only then", () => {
    const wanted =
      "--allow-change-held-packages --allow-downgrades install kubelet=1.35.4-* kubeadm=1.35.4-* kubectl=1.35.4-*";
    expect(asked(new Machine(), node("1.34.4"))).toEqual([`--simulate ${wanted}`, `--download-only ${wanted}`]);
    expect(asked(new Machine(), node("1.35.4"))).toEqual([]);
  });

  test("is refused before any host is upgraded if the source lacks the version", () => {
    const machine = new Machine();
    machine.write("lacks", "");
    expect(asked(machine, node("1.34.4"))).toHaveLength(1);
    expect(machine.read("refused")).toBe(
      "the source of packages has no Kubernetes 1.35.4, so no host was upgraded: E: Version '1.35.4-*' for 'kubelet' was not found " +
        "[KK910]\n",
    );
  });
});

test("the kubelet's settings are for root only, also after kubeadm has written them anew", () => {
  const machine = new Machine();
  const modeOf = () => machine.mode("var/lib/kubelet/config.yaml");
  machine.writeOpen("var/lib/kubelet/config.yaml");
  machine.run("prepare", "systemctl() { :; }; keep_names");
  expect(modeOf()).toBe("600");
  machine.writeOpen("var/lib/kubelet/config.yaml");
  const unit = machine.read("etc/systemd/system/kubelet.service.d/20-kubeadm-kafka.conf");
  const [command] = [...unit.matchAll(/^ExecStartPre=-(.*)$/gm)].map(([, each]) => each!).slice(-1);
  expect(spawnSync("sh", ["-c", command!]).status).toBe(0);
  expect(modeOf()).toBe("600");
});
