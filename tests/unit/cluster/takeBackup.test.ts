import { execFileSync, spawnSync } from "node:child_process";
import { createHash, createHmac } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { readScript } from "../../../components/cluster/hostScript";

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "backup-"));
afterAll(() => fs.rmSync(temporary, { recursive: true }));

const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: temporary, stdio: "pipe" });

/** Makes a certificate and its key: NAME.crt and NAME.key. */
const certificate = (name: string) =>
  openssl(
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-days",
    "9",
    "-subj",
    `/CN=${name}`,
    "-keyout",
    `${name}.key`,
    "-out",
    `${name}.crt`,
  );

beforeAll(() => ["kubernetes", "user", "other"].forEach(certificate));

const SETTINGS = {
  HOST: "master",
  CLUSTER: "'kubeadm-kafka/dev/dev (1f2e3d4c)'",
  KEEP_COUNT: "3",
  KEEP_DAYS: "30",
  EVERY_SECONDS: "21600",
  COPY_TO: "",
  COPY_IMAGE: "busybox",
  S3_ENDPOINT: "",
  S3_BUCKET: "bucket",
  S3_PREFIX: "",
  S3_REGION: "us-east-1",
  S3_KEY_ID: "AKIDEXAMPLE",
  S3_SECRET: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};

/** A control plane in a folder. */
class ControlPlane {
  readonly dir = fs.mkdtempSync(path.join(temporary, "host-"));
  readonly folder = this.path("var/backups/kubeadm-kafka/dev-1f2e3d4c");

  constructor(private readonly settings: Partial<typeof SETTINGS> = {}) {
    this.write("etc/kubernetes/pki/ca.crt", fs.readFileSync(path.join(temporary, "kubernetes.crt"), "utf8"));
    this.write("etc/kubernetes/pki/ca.key", fs.readFileSync(path.join(temporary, "kubernetes.key"), "utf8"));
    this.write("etc/kubernetes/pki/kubeadm-kafka-encryption.yaml", "key of Secrets");
    this.write("etc/kubernetes/admin.conf", "admin");
    this.write("etc/kubernetes/manifests/etcd.yaml", "pod");
    this.write("var/lib/etcd/member/snap/db", "etcd's data");
    this.write("var/lib/kubeadm-kafka/cluster", "endpoint api");
    this.write(
      "var/lib/kubeadm-kafka/backups/recipient.crt",
      fs.readFileSync(path.join(temporary, "user.crt"), "utf8"),
    );
    for (const [name, script] of Object.entries(programs)) this.write(`bin/${name}`, `#!/bin/bash\n${script}`, 0o755);
    fs.mkdirSync(this.folder, { recursive: true });
  }

  path(file: string): string {
    return path.join(this.dir, file);
  }

  write(file: string, text: string, mode = 0o600): void {
    fs.mkdirSync(path.dirname(this.path(file)), { recursive: true });
    fs.writeFileSync(this.path(file), text, { mode });
  }

  read(file: string): string {
    return fs.readFileSync(this.path(file), "utf8");
  }

  /** Runs take-backup.sh, or only its functions and then commands. */
  run(commands?: string) {
    const settings = Object.entries({ ...SETTINGS, FOLDER: this.folder, ...this.settings }).map(
      ([name, value]) => `${name}=${value}\n`,
    );
    this.write("var/lib/kubeadm-kafka/backups/settings", settings.join(""));
    const script = readScript("take-backup")
      .replace(/^(export .*) PATH=\S+/m, "$1")
      .replace(/\nmain "\$@"$/, () => `\n${commands ?? "main"}\n`)
      .replaceAll(/(?<![\w.])\/(etc|var)\//g, `${this.dir}/$1/`);
    const env = { ...process.env, PATH: `${this.path("bin")}:${process.env.PATH}`, DIR: this.dir };
    const { status, stdout, stderr } = spawnSync("bash", ["-c", script], { encoding: "utf8", env });
    return { status, stdout, stderr };
  }

  /** What commands of a kind were given, a line each. */
  asked(program: string): string[] {
    return fs.existsSync(this.path(`asked-${program}`))
      ? this.read(`asked-${program}`).split("\n").filter(Boolean)
      : [];
  }

  get backups(): string[] {
    return fs.readdirSync(this.folder).filter((name) => name.endsWith(".backup"));
  }
}

const programs = {
  crictl: `
    if [[ $1 == ps ]]; then echo etcd; exit; fi
    shift 2
    case $* in
    *"member list")
      echo "8e9e05c52164694d, started, master, https://10.0.0.4:2380, https://10.0.0.4:2379, false"
      echo "91bc3c398fb3c146, started, second, https://10.0.0.5:2380, https://10.0.0.5:2379, false"
      ;;
    *"alarm list")
      [[ ! -e $DIR/alone ]] || exit 1
      [[ ! -e $DIR/alarm ]] || echo "memberID:7 alarm:NOSPACE "
      ;;
    *"snapshot save"*)
      db=$DIR/var/lib/etcd/member/snap/db keys=$DIR/etc/kubernetes/pki/kubeadm-kafka-encryption.yaml
      { cat "$db" && printf "$(sha256sum <"$db" | cut -c -64 | sed 's/../\\\\x&/g')"; } >"\${!#}"
      [[ ! -e $DIR/torn ]] || truncate --size -1 "\${!#}"
      # Meanwhile other control planes store all Secrets by another key, and this one loses the old one.
      [[ ! -e $DIR/exchanges ]] || { read -r left <"$DIR/exchanges" && [[ $left != 0 ]]; } || exit 0
      [[ ! -e $DIR/exchanges ]] || { echo "by key $left" >"$db" && echo "key $left" >"$keys" && echo $((left - 1)) >"$DIR/exchanges"; }
      ;;
    etcdutl*) [[ ! -e $DIR/old-image ]] || { echo "executable file not found" >&2; exit 1; } ;;&
    "etcdutl snapshot status"*) echo '{"revision":7}' ;;
    esac`,
  kubeadm: "echo v1.34.4",
  df: `
    case $* in
    "-P "*) echo header; if [[ -e $DIR/full-there ]]; then echo "/dev/x 9 9 1000 9% /"; else echo "/dev/x 9 9 9000000 9% /"; fi ;;
    *) echo Avail; if [[ -e $DIR/full ]]; then echo 1000; else echo 9000000000; fi ;;
    esac`,
  kubectl: `
    echo "$KUBECACHEDIR" >>"$DIR/caches"
    echo "$*" | head -n 1 >>"$DIR/asked-kubectl"
    case $* in
    create*) cat >"$DIR/pod" ;;
    exec*)
      [[ ! -e $DIR/unreached ]] || { echo "the connection broke" >&2; echo "command terminated with exit code 1" >&2; exit 1; }
      [[ ! -e $DIR/cut ]] || { exec < <(head -c 100); }
      while [[ $1 != -- ]]; do shift; done
      mkdir -p "$DIR/copies" && shift && command=("\${@//\\/backups/$DIR/copies}") && exec "\${command[@]}"
      ;;
    esac`,
  curl: `
    cat >"$DIR/asked-curl"
    if [[ -e $DIR/forbidden ]]; then
      printf '<Error><Code>AccessDenied</Code></Error>\\n403'
      echo "curl: (22) 403" >&2
      exit 22
    fi
    if [[ -e $DIR/redirected ]]; then printf '<Error><Code>PermanentRedirect</Code></Error>\\n301'; else printf '\\n200'; fi`,
};

/** Restores a backup by hand, as docs/backups.md does. @returns the files, and their text */
function unseal(file: string, signer = "kubernetes", key = "user"): Record<string, string> {
  const folder = fs.mkdtempSync(path.join(temporary, "restored-"));
  const [sealed, archive] = [path.join(folder, "encrypted"), path.join(folder, "backup.tar.gz")];
  openssl(
    ..."cms -verify -binary -inform DER -nointern -noverify".split(" "),
    "-certfile",
    `${signer}.crt`,
    "-in",
    file,
    "-out",
    sealed,
  );
  openssl(
    "cms",
    "-decrypt",
    "-binary",
    "-inform",
    "DER",
    "-in",
    sealed,
    "-inkey",
    `${key}.key`,
    "-recip",
    `${key}.crt`,
    "-out",
    archive,
  );
  const names = execFileSync("tar", ["--list", "--file", archive], { encoding: "utf8" }).split("\n");
  const files = names.filter((name) => name && !name.endsWith("/"));
  return Object.fromEntries(
    files.map((name) => [
      name.slice(2),
      execFileSync("tar", ["--extract", "--to-stdout", "--file", archive, name], { encoding: "utf8" }),
    ]),
  );
}

describe("a backup", () => {
  test("has etcd's data, the authority with its key, the key of Secrets and the program's records, and is made again from them", () => {
    const host = new ControlPlane();
    expect(host.run()).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(host.backups).toEqual([expect.stringMatching(/^\d{8}T\d{6}Z-master\.backup$/)]);
    const files = unseal(path.join(host.folder, host.backups[0]!));
    expect(files).toMatchObject({
      "etcd.db": expect.stringMatching(/^etcd's data/) as string,
      "etcd.json": '{"revision":7}\n',
      "kubernetes/pki/ca.key": host.read("etc/kubernetes/pki/ca.key"),
      "kubernetes/pki/kubeadm-kafka-encryption.yaml": "key of Secrets",
      "record/cluster": "endpoint api",
    });
    expect(files.manifest).toMatch(
      /^cluster kubeadm-kafka\/dev\/dev \(1f2e3d4c\)\nhost master\ntime .*\nkubernetes v1\.34\.4\nmembers master=10\.0\.0\.4 second=10\.0\.0\.5\n$/,
    );
    expect(Object.keys(files).filter((name) => name.startsWith("record/backups"))).toEqual([]);
  });

  test.each([1, 2])("fits its keys of Secrets, which were exchanged during snapshots: %d", (exchanges) => {
    const host = new ControlPlane();
    host.write("exchanges", `${exchanges}\n`);
    expect(host.run()).toEqual({ status: 0, stdout: "", stderr: "" });
    const files = unseal(path.join(host.folder, host.backups[0]!));
    expect(files["etcd.db"]).toMatch(/^by key 1\n/);
    expect(files["kubernetes/pki/kubeadm-kafka-encryption.yaml"]).toBe("key 1\n");
  });

  test("has a key itself where there is a link to it, since a restore takes no links", () => {
    const host = new ControlPlane();
    const [link, target] = ["etc/kubernetes/pki/kubeadm-kafka-encryption.yaml", "mnt/key"].map((file) =>
      host.path(file),
    ) as [string, string];
    host.write("mnt/key", "key on another disk");
    fs.rmSync(link);
    fs.symlinkSync(target, link);
    expect(host.run().status).toBe(0);
    const files = unseal(path.join(host.folder, host.backups[0]!));
    expect(files["kubernetes/pki/kubeadm-kafka-encryption.yaml"]).toBe("key on another disk");
  });

  test("is written where etcd's image has no etcdutl, as in clusters of earlier versions", () => {
    const host = new ControlPlane();
    host.write("old-image", "");
    expect(host.run()).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(unseal(path.join(host.folder, host.backups[0]!))["etcd.db"]).toMatch(/^etcd's data/);
  });

  test("keeps kubectl's cache in the program's own folder, which goes with the stack", () => {
    const host = new ControlPlane();
    host.run();
    expect([...new Set(host.read("caches").trim().split("\n"))]).toEqual([
      host.path("var/lib/kubeadm-kafka/backups/kubectl"),
    ]);
  });

  test("leaves nothing in clear on the host", () => {
    const host = new ControlPlane();
    host.run();
    expect(fs.existsSync(host.path("var/lib/etcd/kubeadm-kafka-backup.db"))).toBe(false);
    expect(fs.readdirSync(host.path("var/lib/kubeadm-kafka/backups")).sort()).toEqual([
      ...["newest", "recipient.crt", "settings"],
    ]);
    expect(fs.readFileSync(path.join(host.folder, host.backups[0]!), "latin1")).not.toContain("key of Secrets");
    expect(fs.statSync(path.join(host.folder, host.backups[0]!)).mode & 0o777).toBe(0o600);
  });

  test("is refused if a byte of it was changed, or if another authority has signed it", () => {
    const host = new ControlPlane();
    host.run();
    const file = path.join(host.folder, host.backups[0]!);
    expect(() => unseal(file, "other")).toThrow("Verification failure");
    const changed = fs.readFileSync(file);
    changed[changed.length >> 1]! ^= 1;
    fs.writeFileSync(file, changed);
    expect(() => unseal(file)).toThrow("Verification failure");
    expect(host.run(`is_sealed ${file}`).status).not.toBe(0);
  });

  test("isn't taken from the holder of a certificate that the authority has signed", () => {
    const host = new ControlPlane();
    openssl(..."req -newkey rsa:2048 -nodes -subj /CN=kubernetes -keyout leaf.key -out leaf.csr".split(" "));
    openssl(
      ..."x509 -req -in leaf.csr -CA kubernetes.crt -CAkey kubernetes.key -set_serial 7 -out leaf.crt".split(" "),
    );
    openssl(
      ..."cms -sign -binary -nodetach -in user.crt -signer leaf.crt -inkey leaf.key -outform DER -out by-leaf".split(
        " ",
      ),
    );
    openssl(
      ..."cms -sign -binary -nodetach -in user.crt -signer kubernetes.crt -inkey kubernetes.key -outform DER -out by-authority".split(
        " ",
      ),
    );
    expect(host.run(`is_sealed ${temporary}/by-authority`).status).toBe(0);
    expect(host.run(`is_sealed ${temporary}/by-leaf`).status).not.toBe(0);
  });

  test("can't be read with another key", () => {
    const host = new ControlPlane();
    host.run();
    expect(() => unseal(path.join(host.folder, host.backups[0]!), "kubernetes", "other")).toThrow();
  });

  test("notes on the Node when it was made, and until when the next one has to be", () => {
    const host = new ControlPlane();
    host.run();
    expect(host.asked("kubectl")).toEqual([
      expect.stringMatching(
        /annotate node master --overwrite kubeadm-kafka\/backup=\S+Z kubeadm-kafka\/backup-due=\S+Z$/,
      ),
      expect.stringMatching(/kubeadm-kafka\/backup-failed-$/),
    ]);
    const [made, due] = [...host.asked("kubectl")[0]!.matchAll(/=(\S+)/g)].map(([, time]) => Date.parse(time!));
    expect(Math.abs(due! - made! - 2 * 21_600_000)).toBeLessThan(5000);
  });
});

describe("a backup that fails", () => {
  const failing = (mark: string, settings: Partial<typeof SETTINGS> = {}) => {
    const host = new ControlPlane(settings);
    host.write(mark, "");
    const { status, stderr } = host.run();
    expect(status).toBe(1);
    return { host, stderr };
  };

  test("is visible: on the Node, in a file that make drift reads, and in the service's log", () => {
    const { host, stderr } = failing("alone");
    expect(stderr).toMatch(/at "take a snapshot of etcd": etcd on master has no majority/);
    expect(host.read("var/lib/kubeadm-kafka/backups/failed")).toBe(stderr);
    expect(host.asked("kubectl")).toEqual([expect.stringContaining("kubeadm-kafka/backup-failed=")]);
  });

  test("of a member without a majority isn't written, since its data may be old", () => {
    expect(failing("alone").host.backups).toEqual([]);
  });

  test("since the snapshot isn't whole isn't written", () => {
    const { host, stderr } = failing("torn");
    expect(stderr).toContain("does not have the checksum that etcd gave it");
    expect(host.backups).toEqual([]);
  });

  test("since etcd is full says so, and isn't written: a restored etcd would refuse every change", () => {
    const { host, stderr } = failing("alarm");
    expect(stderr).toMatch(/etcd has raised an alarm, .*: memberID:7 alarm:NOSPACE\. For NOSPACE see https:/);
    expect(host.backups).toEqual([]);
  });

  test("since keys of Secrets change all the time isn't written", () => {
    const host = new ControlPlane();
    host.write("exchanges", "9\n");
    const { status, stderr } = host.run();
    expect(status).toBe(1);
    expect(stderr).toContain("changed during each of five snapshots, so none of them fits");
    expect(host.backups).toEqual([]);
  });

  test("for want of disk is given up before it writes anything", () => {
    const { host, stderr } = failing("full");
    expect(stderr).toContain("MiB left, and a backup needs 512");
    expect(fs.existsSync(host.path("var/lib/etcd/kubeadm-kafka-backup.db"))).toBe(false);
  });

  test("is visible on the Node if the disk is too full for the file", () => {
    const host = new ControlPlane();
    host.write("alone", "");
    host.write("var/lib/kubeadm-kafka/backups/failed/in-the-way", "");
    expect(host.run().stderr).toContain("no majority");
    expect(host.asked("kubectl")).toEqual([expect.stringContaining("kubeadm-kafka/backup-failed=")]);
  });

  test("since systemd has stopped it is one, and leaves nothing in clear", () => {
    const host = new ControlPlane();
    host.write("bin/openssl", "#!/bin/bash\nkill -TERM $(cat $DIR/pid); exit 1", 0o755);
    const { status, stderr } = host.run('echo $$ >"$DIR/pid"; main');
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/at "encrypt and sign": it was stopped, as systemd does after two hours\n$/);
    expect(host.read("var/lib/kubeadm-kafka/backups/failed")).toContain("it was stopped");
    expect(fs.existsSync(host.path("var/lib/kubeadm-kafka/backups/work"))).toBe(false);
  });

  test("is forgotten when one has succeeded", () => {
    const { host } = failing("alone");
    fs.rmSync(host.path("alone"));
    expect(host.run().status).toBe(0);
    expect(fs.existsSync(host.path("var/lib/kubeadm-kafka/backups/failed"))).toBe(false);
  });

  test("after it was written here stays here, and still is a failure", () => {
    const { host, stderr } = failing("unreached", { COPY_TO: "worker-1" });
    expect(stderr).toContain('at "copy it to worker-1": the copy did not reach worker-1: the connection broke\n');
    expect(host.backups).toHaveLength(1);
  });
});

describe("after a failure", () => {
  const s3 = { S3_ENDPOINT: "https://s3.example.com", COPY_TO: "worker-1" };
  const failed = "var/lib/kubeadm-kafka/backups/failed";
  const uploaded = (host: ControlPlane): string => /\/([^/"]*\.backup)"$/m.exec(host.read("asked-curl"))![1]!;

  test("to copy, the backup is uploaded all the same, and both failures are named", () => {
    const host = new ControlPlane(s3);
    host.write("unreached", "");
    expect(host.run().stderr).toMatch(
      /at "copy it to worker-1": the copy did not reach worker-1: the connection broke\n$/,
    );
    expect(uploaded(host)).toBe(host.backups[0]);
    host.write("forbidden", "");
    expect(host.run().stderr).toMatch(/the connection broke; at "upload it to https:\S+": .*\(AccessDenied\)\n$/);
  });

  test("the same backup is brought to where it has not arrived, and only there", () => {
    const host = new ControlPlane(s3);
    host.write("unreached", "");
    host.run();
    fs.rmSync(host.path("unreached"));
    fs.rmSync(host.path("asked-curl"));
    expect(host.run("main again")).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(host.backups).toHaveLength(1);
    expect(fs.readdirSync(host.path("copies"))).toEqual(host.backups);
    expect(fs.existsSync(host.path("asked-curl"))).toBe(false);
    expect(fs.existsSync(host.path(failed))).toBe(false);
  });

  test.each([
    ["that left no backup, one is written", "alone", ""],
    ["whose backup was damaged, another one is written", "unreached", 'truncate --size -9 "$FOLDER"/*'],
    ["an interval ago, another one is written", "unreached", "sed --in-place 's/ 2/ 1/' \"$newest\"; EVERY_SECONDS=60"],
  ])("%s", (_, mark, spoil) => {
    const host = new ControlPlane(s3);
    host.write(mark, "");
    host.run();
    fs.rmSync(host.path(mark));
    host.write("asked-kubectl", "");
    expect(host.run(`${spoil}\nmain again`).stderr).toBe("");
    expect(host.read("asked-kubectl")).toContain("kubeadm-kafka/backup=");
    expect(host.run(`is_sealed "$DIR"/copies/*`).status).toBe(0);
  });

  test("that another run has mended meanwhile, nothing is done", () => {
    const host = new ControlPlane();
    expect(host.run("main again")).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(host.backups).toEqual([]);
  });
});

test("two timers at once write one backup after the other", () => {
  const host = new ControlPlane();
  host.write(
    "bin/crictl",
    `#!/bin/bash\n[[ $1 == ps ]] || { [[ ! -e $DIR/busy ]] || touch "$DIR/together"; touch "$DIR/busy"; }\n(${programs.crictl}\n)\nstatus=$?; sleep 0.2; rm -f "$DIR/busy"; exit $status`,
    0o755,
  );
  expect(host.run("(main) & (main) & wait").stderr).toBe("");
  expect(fs.existsSync(host.path("together"))).toBe(false);
});

test("a backup that runs while its script is rewritten doesn't run the new one's end", () => {
  const host = new ControlPlane();
  const script = readScript("take-backup").replace(
    /^main\(\) [^]*?\n  COMPLETE=yes/m,
    'main() {\n  printf "\\n%s\\n" "touch $DIR/ran" >>"$0"',
  );
  host.write("take-backup.sh", `${script.replace(/^\. "\$home.*$/m, "")}\n`);
  const env = { ...process.env, DIR: host.dir };
  expect(spawnSync("bash", [host.path("take-backup.sh")], { env }).status).toBe(0);
  expect(fs.existsSync(host.path("ran"))).toBe(false);
});

describe("old backups", () => {
  const day = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString().replace(/[-:]|\.\d+/g, "");
  /** @param written age of the backup that was just written @default the first @returns places of those that are left */
  const left = (ages: number[], settings = {}, written = ages[0]!) => {
    const host = new ControlPlane(settings);
    for (const age of ages) host.write(`var/backups/kubeadm-kafka/dev-1f2e3d4c/${day(age)}-master.backup`, "");
    host.run(`prune "$FOLDER" "${day(written)}-master.backup" "$KEEP_COUNT" "$(oldest)"`);
    return host.backups
      .sort()
      .reverse()
      .map((name) => ages.findIndex((age) => name.startsWith(day(age).slice(0, 8))));
  };

  test("are removed beyond the number that is kept", () => expect(left([1, 2, 3, 4, 5])).toEqual([0, 1, 2]));
  test("are removed when they are too old", () => expect(left([29, 31])).toEqual([0]));
  test("aren't all removed by a clock that jumps ahead: two at a time, the oldest ones first", () => {
    expect(left([31, 32, 33, 34, 35, 36], { KEEP_COUNT: "9" })).toEqual([0, 1, 2, 3]);
    expect(left([31, 32, 33, 34, 35, 36], { KEEP_COUNT: "4" })).toEqual([0, 1]);
  });
  test("are kept if there is no newer one", () => expect(left([400])).toEqual([0]));
  test("of a clock that was ahead go first, and never that which was just written", () => {
    expect(left([-20, -30, -40, 0], { KEEP_COUNT: "3" }, 0)).toEqual([2, 1, 3]);
    expect(left([-20, 0], { KEEP_COUNT: "1" }, 0)).toEqual([1]);
    expect(left([-20, 0, 1, 2], { KEEP_COUNT: "3" }, 0)).toEqual([1, 2, 3]);
  });
  test("of another control plane are removed only by that one, as a clock may be ahead", () => {
    const host = new ControlPlane({ KEEP_COUNT: "1" });
    const others = [1, 2, 31].map((age) => `${day(age)}-second.backup`);
    for (const name of others) host.write(`var/backups/kubeadm-kafka/dev-1f2e3d4c/${name}`, "");
    host.run();
    expect(host.backups).toHaveLength(4);
    expect(host.backups).toEqual(expect.arrayContaining(others));
  });
  test("are the only files that are removed", () => {
    const host = new ControlPlane({ KEEP_COUNT: "1" });
    host.write("var/backups/kubeadm-kafka/dev-1f2e3d4c/notes", "mine");
    host.write("var/backups/kubeadm-kafka/dev-1f2e3d4c/before-the-move.backup", "mine");
    host.run();
    expect(fs.readdirSync(host.folder).sort()).toEqual([host.backups[0], "before-the-move.backup", "notes"]);
  });
});

describe("a copy", () => {
  test("reaches the folder of the other host whole, and its old backups go by the same rule", () => {
    const host = new ControlPlane({ COPY_TO: "worker-1", KEEP_COUNT: "1" });
    host.write("copies/20200101T000000Z-master.backup", "old");
    expect(host.run()).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(fs.readdirSync(host.path("copies"))).toEqual(host.backups);
    expect(fs.readFileSync(host.path(`copies/${host.backups[0]}`))).toEqual(
      fs.readFileSync(path.join(host.folder, host.backups[0]!)),
    );
    expect(host.read("pod")).toContain('nodeName: "worker-1"');
  });

  test("comes while another control plane sends one", () => {
    const host = new ControlPlane();
    fs.mkdirSync(host.path("copies"));
    const name = (sender: string): string => `20261128T180000Z-${sender}.backup`;
    const receive = (sender: string, send: string): string =>
      `(receive ${name(sender)} $(printf %s ${sender} | sha256) 1 9 2 "" < <(${send}))`;
    const commands = [
      'cd() { builtin cd "$DIR/copies"; }',
      `${receive("master", "printf mas; until [[ -e $DIR/copies/" + name("second") + " ]]; do sleep 0.1; done; printf ter")} &`,
      `until compgen -G "$DIR/copies/.*part"; do sleep 0.1; done; ${receive("second", "printf second")}`,
      "wait $!",
    ];
    expect(host.run(commands.join("\n"))).toMatchObject({ status: 0, stderr: "" });
    for (const sender of ["master", "second"]) expect(host.read(`copies/${name(sender)}`)).toBe(sender);
  });

  test.each([
    ["that is cut short", "cut", "it has not arrived whole"],
    ["for which there is no room", "full-there", "0 MiB are left there, and a copy needs 512"],
  ])("%s leaves nothing there but what was there, and no pod", (_, mark, why) => {
    const host = new ControlPlane({ COPY_TO: "worker-1", KEEP_COUNT: "1" });
    host.write("copies/20200101T000000Z-master.backup", "old");
    host.write(mark, "");
    const { status, stderr } = host.run();
    expect(status).toBe(1);
    expect(stderr).toContain(`the copy did not reach worker-1: ${why}\n`);
    expect(fs.readdirSync(host.path("copies"))).toEqual(["20200101T000000Z-master.backup"]);
    const pod = host.asked("kubectl").filter((line) => line.includes(" pod ") || line.startsWith("create"));
    expect(pod.at(-1)).toMatch(/^delete pod kubeadm-kafka-backup-master .*--wait=false$/);
  });

  test("is noted with its own time, and the host that has it", () => {
    const host = new ControlPlane({ COPY_TO: "worker-1", S3_ENDPOINT: "https://s3.example.com" });
    host.run();
    const [time] = /(?<=backup=)\S+/.exec(host.read("asked-kubectl"))!;
    expect(host.asked("kubectl")).toEqual(
      expect.arrayContaining([
        expect.stringContaining(`annotate node master --overwrite kubeadm-kafka/backup-copy=${time} worker-1`),
        expect.stringContaining(`annotate node master --overwrite kubeadm-kafka/backup-upload=${time}`),
      ]),
    );
    host.write("unreached", "");
    host.write("asked-kubectl", "");
    host.run();
    expect(host.read("asked-kubectl")).not.toContain("backup-copy");
  });

  test("of the stack's own key carries the mark by which undo removes it with the stack", () => {
    const host = new ControlPlane({ COPY_TO: "worker-1" });
    host.write("var/backups/kubeadm-kafka/dev-1f2e3d4c/.goes-with-the-stack", "");
    host.run();
    expect(fs.readdirSync(host.path("copies"))).toEqual([".goes-with-the-stack", ...host.backups]);
  });
});

/** Signature of a PUT, made as Amazon documents it. */
function signature(where: string, host: string, sum: string, time: string): string {
  const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
  const names = "host;x-amz-content-sha256;x-amz-date";
  const request = [
    "PUT",
    where,
    "",
    `host:${host}`,
    `x-amz-content-sha256:${sum}`,
    `x-amz-date:${time}`,
    "",
    names,
    sum,
  ].join("\n");
  const scope = [time.slice(0, 8), "us-east-1", "s3", "aws4_request"];
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${SETTINGS.S3_SECRET}`);
  const hashed = createHash("sha256").update(request).digest("hex");
  return hmac(key, ["AWS4-HMAC-SHA256", time, scope.join("/"), hashed].join("\n")).toString("hex");
}

describe("an upload", () => {
  const s3 = { S3_ENDPOINT: "https://s3.example.com:9000/base", S3_PREFIX: "clusters" };

  test("derives the key as in Amazon's own example", () => {
    const { stdout } = new ControlPlane().run("signing_key 20150830 iam");
    expect(stdout).toBe("c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
  });

  test.each(["a", "key", "k".repeat(64), "k".repeat(65), "k".repeat(200)])(
    "computes HMAC for keys of any length: %s",
    (key) => {
      const { stdout } = new ControlPlane().run(`hmac ${Buffer.from(key).toString("hex")} 'some text'`);
      const expected = execFileSync("openssl", ["dgst", "-sha256", "-hmac", key], {
        input: "some text",
        encoding: "utf8",
      });
      expect(stdout).toBe(expected.split(" ").at(-1)); // both end with a newline
    },
  );

  test("signs the file's own checksum and the path in the bucket", () => {
    const host = new ControlPlane(s3);
    expect(host.run()).toEqual({ status: 0, stdout: "", stderr: "" });
    const settings = host.read("asked-curl");
    const name = host.backups[0];
    expect(settings).toContain(`url = "https://s3.example.com:9000/base/bucket/clusters/dev-1f2e3d4c/${name}"`);
    const sum = execFileSync("sha256sum", [path.join(host.folder, name!)], { encoding: "utf8" }).slice(0, 64);
    expect(settings).toContain(`header = "x-amz-content-sha256: ${sum}"`);
    const time = /x-amz-date: (\w+)/.exec(settings)![1]!;
    const path_ = `/base/bucket/clusters/dev-1f2e3d4c/${name}`;
    expect(settings).toContain(`Signature=${signature(path_, "s3.example.com:9000", sum, time)}"`);
    expect(settings).toContain(`Credential=AKIDEXAMPLE/${time.slice(0, 8)}/us-east-1/s3/aws4_request,`);
  });

  test("of a bucket with locked objects has the MD5 sum that it requires", () => {
    const host = new ControlPlane(s3);
    host.run();
    const md5 = createHash("md5").update(fs.readFileSync(path.join(host.folder, host.backups[0]!)));
    expect(host.read("asked-curl")).toContain(`header = "Content-MD5: ${md5.digest("base64")}"\n`);
  });

  test.each([
    ["https://s3.example.com:443", "https", "s3.example.com"],
    ["http://s3.example.com:80/base", "http", "s3.example.com"],
    ["http://s3.example.com:443", "http", "s3.example.com:443"],
  ])("to %s is signed for the host as curl sends it, without the scheme's own port", (S3_ENDPOINT, scheme, sent) => {
    const host = new ControlPlane({ S3_ENDPOINT });
    expect(host.run("s3_host").stdout).toBe(`${sent}\n`);
    host.run();
    const settings = host.read("asked-curl");
    const [, where] = new RegExp(`url = "${scheme}://${sent}(/[^"]*)"`).exec(settings)!;
    const [sum, time] = ["content-sha256", "date"].map(
      (name) => new RegExp(`x-amz-${name}: (\\w+)`).exec(settings)![1]!,
    );
    expect(settings).toContain(`Signature=${signature(where!, sent, sum!, time!)}"`);
  });

  test("goes through the site's proxy, if it is for the bucket's scheme", () => {
    const host = new ControlPlane(s3);
    host.write(
      "etc/environment",
      'http_proxy=http://other:1\nhttps_proxy="http://user:pw@proxy:3128"\nno_proxy=10.0.0.0/8\n',
    );
    host.run();
    expect(host.read("asked-curl")).toContain('proxy = "http://user:pw@proxy:3128"\nnoproxy = "10.0.0.0/8"\n');
    const without = new ControlPlane({ ...s3, S3_ENDPOINT: "https://s3.example.com" });
    without.run();
    expect(without.read("asked-curl")).not.toContain("proxy");
  });

  test("gives curl no secret, neither as an argument nor in its settings", () => {
    const host = new ControlPlane(s3);
    host.write(
      "bin/curl",
      '#!/bin/bash\ncat >"$DIR/asked-curl"; echo "$*" >>"$DIR/asked-curl"; env >>"$DIR/asked-curl"',
      0o755,
    );
    host.run();
    expect(host.read("asked-curl")).toContain("--disable --config -");
    expect(host.read("asked-curl")).not.toContain(SETTINGS.S3_SECRET);
  });

  test("that is redirected stores nothing, and is a failure", () => {
    const host = new ControlPlane(s3);
    host.write("redirected", "");
    const { status, stderr } = host.run();
    expect(status).toBe(1);
    expect(stderr).toContain("HTTP 301 (PermanentRedirect); mostly the bucket is in another region");
  });

  test("that is refused says why", () => {
    const host = new ControlPlane(s3);
    host.write("forbidden", "");
    expect(host.run().stderr).toMatch(
      /at "upload it to https:\/\/s3.example.com:9000\/base": .*curl: \(22\) 403 \(AccessDenied\)\n$/,
    );
  });
});
