import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { readScript } from "../../../components/cluster/hostScript";

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "others-"));
afterAll(() => fs.rmSync(temporary, { recursive: true }));

const undo =
  "read_record; stop_node; unmount; remove_packages; [[ $(type -t restore_files) != function ]] || restore_files; restore_containerd; sweep";

const containerd = { "usr/bin/containerd": "", "etc/containerd/config.toml": "the package's\n" };

/** A machine that others use as well: a folder in place of a host's root, with its own package manager. */
class Machine {
  readonly dir = fs.mkdtempSync(path.join(temporary, "machine-"));

  constructor(readonly role: "worker" | "control-plane" = "worker") {
    for (const folder of ["bin", "etc", "run", "usr/bin", "var/lib/dpkg/info", "var/lib/dpkg/updates"])
      fs.mkdirSync(path.join(this.dir, folder), { recursive: true });
    this.write("var/lib/dpkg/status", "");
    this.write("name", "host\n");
    this.write("etc/hosts", "127.0.0.1 localhost\n");
    for (const [name, script] of Object.entries(programs))
      fs.writeFileSync(path.join(this.dir, "bin", name), `#!/bin/bash\n${script}`, { mode: 0o755 });
  }

  write(file: string, text: string): void {
    fs.mkdirSync(path.dirname(path.join(this.dir, file)), { recursive: true });
    fs.writeFileSync(path.join(this.dir, file), text);
  }

  read(file: string): string | undefined {
    const target = path.join(this.dir, file);
    return fs.existsSync(target) ? fs.readFileSync(target, "utf8") : undefined;
  }

  /** Installs a package with these files. Files below /etc are its configuration. */
  install(name: string, files: Record<string, string>, depends = ""): void {
    const tree = path.join(this.dir, "packages", name);
    fs.mkdirSync(path.join(tree, "DEBIAN"), { recursive: true });
    for (const [file, text] of Object.entries(files)) {
      const target = path.join(tree, this.dir, file);
      fs.mkdirSync(path.dirname(target), { recursive: true });
      fs.writeFileSync(target, text, { mode: file.startsWith("usr/bin/") ? 0o755 : 0o644 });
    }
    const conffiles = Object.keys(files).filter((file) => file.startsWith("etc/"));
    fs.writeFileSync(path.join(tree, "DEBIAN/conffiles"), conffiles.map((file) => `${this.dir}/${file}\n`).join(""));
    const control = [`Package: ${name}`, "Version: 1", "Architecture: all", "Maintainer: x <x@x>", "Description: x"];
    if (depends) control.push(`Depends: ${depends}`);
    fs.writeFileSync(path.join(tree, "DEBIAN/control"), `${control.join("\n")}\n`);
    this.shell(
      `dpkg-deb --build ${tree} ${tree}.deb >/dev/null; dpkg --force-confold --install ${tree}.deb >/dev/null`,
    );
  }

  /** Runs functions of a host script, without the steps that the script ends with. */
  run(script: "record" | "undo" | "join" | "prepare", commands: string, mirror = ""): string {
    const functions = readScript(script)
      .replace(/^((begin|end_running_step|begin_on_ours)\n|step )[^]*/m, "")
      .replaceAll(/^(proxy=.*)$/gm, "");
    const inputs = `HOST=host ROLE=${this.role} CLUSTER=ours ACTION=x MIRROR=${mirror} KUBERNETES_VERSION=1.34.4 POD_CIDR=10.244.0.0/16 PACKAGES=remove VOLUMES_PATH=/srv/volumes ADDRESS=10.0.0.5 ENDPOINT=api.internal`;
    const libraries = ["lib/lib", ...(script === "prepare" ? ["lib/packages"] : [])].map(readScript);
    return this.shell([inputs, ...libraries, COMMAND, functions, 'mkdir -p "$SCRATCH"', commands].join("\n"));
  }

  /** Runs a command with the machine's folders in place of the root's, in a mount namespace of its own. */
  shell(script: string): string {
    const text = script.replaceAll(
      /(?<![\w/.-])\/(etc|run|opt|srv|var\/(lib|log|cache)|usr\/libexec)(?=[/\s";:),}*]|$)/gm,
      `${this.dir}/$1`,
    );
    const asRoot = process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"];
    const env = { PATH: `${this.dir}/bin:${this.dir}/usr/bin:${process.env["PATH"]}`, DIR: this.dir };
    const command = [...asRoot, "--mount", "--propagation", "private", "bash", "-s"];
    const { status, stdout, stderr } = spawnSync("unshare", command, { input: text, encoding: "utf8", env });
    expect({ status, said: status === 0 ? "" : stderr }).toEqual({ status: 0, said: "" });
    return stdout;
  }

  /** Commands that systemd and kubeadm got. */
  get asked(): string[] {
    return (this.read("asked") ?? "").trim().split("\n");
  }
}

/** Hides the containerd of the machine that runs the tests. */
const COMMAND = `command() {
  if [[ $* != "-v containerd" ]]; then builtin command "$@"; else [[ -x $DIR/usr/bin/containerd ]] && echo "$DIR/usr/bin/containerd"; fi
}`;
const ask = `echo "\${0##*/} $*" >>"$DIR/asked"`;
const programs = {
  systemctl: ask,
  "apt-get": "",
  "apt-mark": "",
  crictl: "",
  ctr: "",
  sync: "",
  dpkg: `exec /usr/bin/dpkg --admindir="$DIR/var/lib/dpkg" --force-not-root --log=/dev/null "$@"`,
  "dpkg-query": `exec /usr/bin/dpkg-query --admindir="$DIR/var/lib/dpkg" "$@"`,
  hostname: "cat $DIR/name",
  "systemd-detect-virt": "exit 1",
  // The real kubeadm empties etcd's folder in any case, even if the node had no etcd.
  kubeadm: `${ask}\necho registry/pause:3\n[[ $1 != reset || $* == *--skip-phases=remove-etcd-member* ]] || rm -rf "$DIR"/var/lib/etcd/*`,
};

describe("somebody's etcd on a worker", () => {
  const [wal, later] = ["var/lib/etcd/default/member/wal/0.wal", "var/lib/etcd/default/member/wal/1.wal"];

  test("keeps what it writes after the host was prepared", () => {
    const machine = new Machine();
    machine.write(wal, "old");
    machine.run("record", "write_record >/dev/null");
    machine.write(later, "new");
    machine.run("undo", undo);
    expect([machine.read(wal), machine.read(later)]).toEqual(["old", "new"]);
  });

  test("survives an interrupted join, and the undo of a host whose containerd stays", () => {
    const machine = new Machine();
    machine.write(wal, "old");
    machine.install("containerd", containerd);
    machine.run("record", "write_record >/dev/null");
    machine.write("etc/kubernetes/bootstrap-kubelet.conf", "");
    machine.run("join", "wait_for_silence() { :; }; join_cluster >/dev/null");
    machine.run("undo", undo);
    const resets = machine.asked.filter((line) => line.startsWith("kubeadm reset"));
    expect(resets).toHaveLength(2);
    expect(machine.read(wal)).toBe("old");
  });

  test("doesn't exist on a control plane, whose etcd is removed with the node", () => {
    const machine = new Machine("control-plane");
    machine.run("record", "write_record >/dev/null");
    machine.write(wal, "ours");
    machine.run("undo", undo);
    expect(fs.existsSync(path.join(machine.dir, "var/lib/etcd"))).toBe(false);
  });
});

describe("Docker that was installed after the node", () => {
  const [data, task] = ["var/lib/containerd/snapshots/7/fs/data", "run/containerd/task/moby/c0ffee/pid"];

  /** A host with this program's containerd, or with a replacement that somebody has installed. */
  function dockersHost(install: (machine: Machine) => void): Machine {
    const machine = new Machine();
    machine.run("record", "write_record >/dev/null; note packages containerd");
    machine.install("containerd", containerd);
    install(machine);
    for (const file of [data, task, "etc/containerd/config.toml"]) machine.write(file, "x");
    machine.run("undo", undo);
    return machine;
  }

  test.each<[string, (machine: Machine) => void]>([
    ["with our containerd", (machine) => machine.install("docker.io", { "usr/bin/dockerd": "" }, "containerd")],
    [
      "with a containerd of its own",
      (machine) => {
        machine.shell("dpkg --purge containerd >/dev/null");
        machine.install("containerd.io", containerd);
      },
    ],
  ])("goes on %s", (_, install) => {
    const machine = dockersHost(install);
    expect([machine.read(data), machine.read(task)]).toEqual(["x", "x"]);
    expect(machine.read("etc/containerd/config.toml")).toBeUndefined(); // ours
    expect(machine.asked).toContain("kubeadm reset --force --skip-phases=remove-etcd-member");
    expect(machine.asked.filter((line) => /(kill|stop) .*containerd/.test(line))).toEqual([]);
  });

  test("doesn't keep a containerd that nobody needs", () => {
    const machine = dockersHost(() => undefined);
    expect(fs.existsSync(path.join(machine.dir, "var/lib/containerd"))).toBe(false);
    expect(fs.existsSync(path.join(machine.dir, "usr/bin/containerd"))).toBe(false);
    expect(machine.asked).toContain("systemctl stop containerd.service");
  });
});

describe("folders that are links to another disk", () => {
  /** A control plane whose data folders are links to another disk, which has data. */
  function linkedHost(): Machine {
    const machine = new Machine("control-plane");
    for (const name of ["containerd", "etcd", "kubelet"]) {
      fs.mkdirSync(path.join(machine.dir, "disk", name), { recursive: true });
      fs.symlinkSync(path.join(machine.dir, "disk", name), path.join(machine.dir, "var/lib", name));
    }
    fs.mkdirSync(path.join(machine.dir, "disk/volumes"));
    fs.mkdirSync(path.join(machine.dir, "srv"));
    fs.symlinkSync(path.join(machine.dir, "disk/volumes"), path.join(machine.dir, "srv/volumes"));
    return machine;
  }
  const files = (machine: Machine) =>
    machine.shell(
      'cd "$DIR/disk"; find . ! -type d | sort; mountpoint --quiet kubelet/pods/u1/token || echo unmounted',
    );

  test("are empty after the undo, and nothing is mounted in the links' targets", () => {
    const machine = linkedHost();
    machine.write("disk/kubelet/of-before", "");
    fs.chmodSync(path.join(machine.dir, "disk/etcd"), 0o700);
    machine.run("record", "write_record >/dev/null");
    for (const file of [
      "kubelet/pki/key.pem",
      "kubelet/pods/u1/token/x",
      "etcd/member/snap/db",
      "containerd/blob",
      "volumes/pvc-1/0.log",
    ])
      machine.write(`disk/${file}`, "");
    machine.run(
      "undo",
      `mount -t tmpfs none "$DIR/disk/kubelet/pods/u1/token"; touch "$DIR/disk/kubelet/pods/u1/token/token"; ${undo}; restore_modes
       ! grep "$DIR" /proc/mounts`,
    );
    expect(files(machine)).toBe("./kubelet/of-before\nunmounted\n");
    expect(fs.readdirSync(path.join(machine.dir, "disk")).sort()).toEqual(["containerd", "etcd", "kubelet", "volumes"]);
    expect((fs.statSync(path.join(machine.dir, "disk/etcd")).mode & 0o777).toString(8)).toBe("700");
    expect(fs.lstatSync(path.join(machine.dir, "var/lib/etcd")).isSymbolicLink()).toBe(true);
  });

  test("keep others' files if an earlier version's record has only the link's name", () => {
    const machine = linkedHost();
    machine.write("disk/kubelet/of-before", "");
    machine.run(
      "record",
      'write_record >/dev/null; rm -f "$RECORD/followed"; find /var/lib/kubelet -print0 >"$RECORD/paths-nul"',
    );
    fs.chmodSync(path.join(machine.dir, "disk/kubelet"), 0o750);
    machine.shell('echo "777 /var/lib/kubelet" >"$DIR/var/lib/kubeadm-kafka/modes"'); // the link's
    machine.run("undo", `${undo}; restore_modes`);
    expect((fs.statSync(path.join(machine.dir, "disk/kubelet")).mode & 0o777).toString(8)).toBe("750");
    expect(files(machine)).toBe("./kubelet/of-before\nunmounted\n");
  });

  test("keep an installed package's files", () => {
    const machine = linkedHost();
    machine.run("record", "write_record >/dev/null");
    machine.write("disk/kubelet/packaged/file", "");
    machine.write("disk/kubelet/packaged/other", "");
    machine.write(
      "var/lib/dpkg/info/theirs.list",
      `/.\n${machine.dir}/var/lib/kubelet/packaged\n${machine.dir}/var/lib/kubelet/packaged/file\n`,
    );
    machine.run("undo", undo);
    expect(files(machine)).toBe("./kubelet/packaged/file\nunmounted\n");
  });
});

describe("an /etc/hosts whose last line has no newline", () => {
  const theirs = "127.0.0.1 localhost\n192.168.1.5 nas";
  const named = (api: string) =>
    `${theirs}\n# BEGIN kubeadm-kafka\n10.0.0.5 host\n${api} api.internal\n# END kubeadm-kafka\n`;
  let machine: Machine;

  beforeEach(() => {
    machine = new Machine();
    machine.write("etc/hosts", theirs);
    machine.run("record", "write_record >/dev/null");
  });
  const undone = () => {
    machine.run("undo", "restore_names");
    return machine.read("etc/hosts");
  };

  test("keeps its names, and has ours once, until the undo", () => {
    machine.run("join", "name_api 10.0.0.4");
    expect(machine.read("etc/hosts")).toBe(named("10.0.0.4"));
    machine.run("join", "name_api 10.0.0.7");
    expect(machine.read("etc/hosts")).toBe(named("10.0.0.7"));
    expect(undone()).toBe(`${theirs}\n`);
  });

  test("gets ours again, in separate lines, when the kubelet starts after somebody rewrote the file", () => {
    machine.run("join", "name_api 10.0.0.4");
    machine.run("prepare", "keep_names");
    const unit = machine.read("etc/systemd/system/kubelet.service.d/20-kubeadm-kafka.conf")!;
    const command = /^ExecStartPre=-(.*)$/m.exec(unit)![1]!;
    expect(command).not.toMatch(/[$%\\]/); // which systemd would take for its own
    for (const text of [theirs, `${theirs}\n`, named("10.0.0.4")]) {
      machine.write("etc/hosts", text);
      machine.shell(command);
      expect(machine.read("etc/hosts")).toBe(named("10.0.0.4"));
    }
  });

  test("is corrected by the next step if an earlier version appended to that line", () => {
    const broken = named("10.0.0.4").replace("nas\n#", "nas#");
    machine.write("etc/hosts", broken);
    machine.run("join", "name_api 10.0.0.7");
    expect(machine.read("etc/hosts")).toBe(named("10.0.0.7"));
    machine.write("etc/hosts", broken);
    expect(undone()).toBe(`${theirs}\n`);
  });
});

describe("files of others that a node's steps or packages overwrite", () => {
  const mirror = "http://mirror";
  const config = "etc/containerd/config.toml";
  const hosts = "etc/containerd/certs.d/docker.io/hosts.toml";
  const proxy = "etc/haproxy/haproxy.cfg";
  const theirs = 'server = "https://docker.io"\n[host."https://theirs/v2/docker.io"]\n  override_path = true\n';

  /** Prepares a host, which installs packages, and undoes the preparation. */
  function prepareAndUndo(machine: Machine): void {
    machine.run("record", "write_record >/dev/null; note packages containerd haproxy");
    machine.install("containerd", containerd);
    machine.install("haproxy", { [proxy]: "the package's\n" });
    machine.run("prepare", "hostname() { :; }; configure_containerd; set_hostname", mirror);
    expect(machine.read(hosts)).toContain(mirror);
    machine.run("undo", `${undo}; restore_names`);
  }

  test("have their former content after the undo, even behind a link", () => {
    const machine = new Machine();
    machine.write("srv/config.toml", "theirs\n");
    fs.mkdirSync(path.join(machine.dir, "etc/containerd"));
    fs.symlinkSync(path.join(machine.dir, "srv/config.toml"), path.join(machine.dir, config));
    machine.write(hosts, theirs);
    machine.write("etc/hostname", "# of the cloud\nhost.lan\n");
    machine.install("haproxy", { [proxy]: "the package's\n" });
    machine.write(proxy, "theirs\n");
    machine.shell("dpkg --remove haproxy >/dev/null");
    prepareAndUndo(machine);
    expect([config, "srv/config.toml", hosts, "etc/hostname", proxy].map((file) => machine.read(file))).toEqual([
      "theirs\n",
      "theirs\n",
      theirs,
      "# of the cloud\nhost.lan\n",
      "theirs\n",
    ]);
    expect(fs.lstatSync(path.join(machine.dir, config)).isSymbolicLink()).toBe(true);
  });

  test("don't exist after the undo if they didn't exist before", () => {
    const machine = new Machine();
    prepareAndUndo(machine);
    expect(fs.readdirSync(path.join(machine.dir, "etc"))).toEqual(["hosts"]);
  });

  test("are written in place, since in containers some are mounts", () => {
    const machine = new Machine();
    for (const file of ["etc/hostname", "srv/hostname"]) machine.write(file, "theirs\n");
    machine.run("record", "write_record >/dev/null");
    const mount = 'mount --bind "$DIR/srv/hostname" "$DIR/etc/hostname"; echo ours >"$DIR/etc/hostname"';
    machine.run("undo", `${mount}; ${undo}; restore_names; [[ $(<"$DIR/etc/hostname") == theirs ]]`);
    expect(machine.read("srv/hostname")).toBe("theirs\n");
  });

  test("are restored as soon as no mirror of images is used, and never removed if they aren't ours", () => {
    const machine = new Machine();
    machine.install("containerd", containerd);
    machine.write(hosts, theirs);
    machine.run("record", "write_record >/dev/null");
    machine.run("prepare", "configure_containerd");
    expect(machine.read(hosts)).toBe(theirs);
    machine.run("prepare", "configure_containerd", mirror);
    machine.run("prepare", "configure_containerd");
    expect(machine.read(hosts)).toBe(theirs);
    expect(machine.read(hosts.replace("docker", "quay"))).toBeUndefined();
  });

  test("don't include what somebody configures later in a containerd of their own", () => {
    const machine = new Machine();
    machine.install("containerd", containerd);
    machine.run("record", "write_record >/dev/null");
    machine.run("prepare", "configure_containerd", mirror);
    machine.write(hosts, theirs);
    machine.run("undo", undo);
    expect([machine.read(hosts), machine.read(hosts.replace("docker", "quay"))]).toEqual([theirs, undefined]);
    expect(machine.read(config)).toBe("the package's\n");
  });
});

describe("the folder for volumes, which every user of the host could enter", () => {
  const prepare = (machine: Machine, before = ":") => machine.run("prepare", `${before}; close_volumes`);
  const mode = (machine: Machine) => (fs.statSync(path.join(machine.dir, "srv/volumes")).mode & 0o777).toString(8);

  test("is open to root only, even if the kubelet has made it, and is removed with parent folders that didn't exist", () => {
    for (const before of [":", "mkdir --parents --mode=755 /srv/volumes/pvc-1"]) {
      const machine = new Machine();
      machine.run("record", "write_record >/dev/null");
      prepare(machine, before);
      expect(mode(machine)).toBe("700");
      prepare(machine);
      machine.run("undo", undo);
      expect(fs.existsSync(path.join(machine.dir, "srv/volumes"))).toBe(false);
      expect(fs.existsSync(path.join(machine.dir, "srv"))).toBe(before !== ":");
    }
  });

  test.each(["paths-nul", "paths"])(
    "stays as it is if it existed before, according to a record of the form %s",
    (form) => {
      const machine = new Machine();
      machine.write("srv/volumes/theirs", "");
      machine.run("record", "write_record >/dev/null");
      if (form === "paths")
        machine.shell('cd "$DIR/var/lib/kubeadm-kafka"; tr "\\0" "\\n" <paths-nul >paths; rm paths-nul');
      prepare(machine);
      expect(mode(machine)).toBe("755");
    },
  );

  test("stays as it is if somebody mounts a disk there later", () => {
    const machine = new Machine();
    machine.run("record", "write_record >/dev/null");
    prepare(
      machine,
      "mkdir --parents /srv/volumes; mount -t tmpfs -o mode=755 none /srv/volumes; chmod() { false; }; install() { false; }",
    );
  });
});
