import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { actions } from "../../../components/cluster/actions";
import { composeScript } from "../../../components/cluster/hostScript";
import { scriptClock } from "../../support/scriptClock";
import { KUBECTL_WITH_TURNS } from "../../support/turns";

// Generous: it is about what happens, not about how busy the machine is.
jest.setTimeout(300_000);

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "keys-"));
afterAll(() => fs.rmSync(temporary, { recursive: true }));
const clock = scriptClock(temporary);

/** The beginning of values in etcd that key N has encrypted. */
const by = (generation: number): string => `k8s:enc:secretbox:v1:${generation}`;
const NONE = "identity";
/** The beginning of values that the plug-in has encrypted, with the number of the key. */
const byPlugin = (generation: number): string => `k8s:enc:kms:v2:kubeadm-kafka-${generation}`;

type Step = readonly [host: string, action: "keyAdd" | "keyUse" | "keyDrop"];
interface Wanted {
  generation: number;
  /** @default "secretbox" */
  by?: "secretbox" | "kms" | "identity";
  /** Socket of the plug-in. @default "/srv/kms/plugin.sock" */
  socket?: string;
}

const text = (...providers: string[]): string =>
  ["apiVersion: apiserver.config.k8s.io/v1", "kind: EncryptionConfiguration", "resources:", "  - resources: [secrets]"]
    .concat("    providers:", ...providers.map((each) => `      - ${each}`), "")
    .join("\n");
const provider = (generation: number, key = `key-${generation}=`): string =>
  `secretbox: {keys: [{name: "${generation}", secret: ${key}}]}`;
const nothing = "identity: {}";
const plugin = (generation: number): string =>
  `kms: {apiVersion: v2, name: kubeadm-kafka-${generation}, endpoint: "unix:///srv/kms/plugin.sock", timeout: 3s}`;

/**
 * Control planes with an API server each, and an etcd. An API server reads Secrets by the providers that it has loaded, and writes by
 * the first of them; it loads its file when it starts, and, with the flag, whenever its metrics are read.
 */
class Cluster {
  readonly dir = fs.mkdtempSync(path.join(temporary, "cluster-"));
  private readonly done = new Set<string>();

  /**
   * @param config each control plane's file, and what the Secret has; null for a cluster without encryption
   * @param id the provider by which Secrets are stored @default the first
   * @param reloads whether the API servers have the flag @default false
   */
  constructor(
    readonly hosts: readonly string[],
    config: string | null = text(provider(1), nothing),
    { id = config === null ? NONE : idsIn(config)[0]!, reloads = false } = {},
  ) {
    const programs = { kubectl: KUBECTL, crictl: CRICTL, kubeadm: KUBEADM, ss: SS, systemctl: "" };
    for (const [name, script] of Object.entries(programs)) this.write(`bin/${name}`, `#!/bin/bash\n${script}`, 0o755);
    this.write("etcd", [`kafka/password ${id}`, `default/token ${id}`, ""].join("\n"));
    if (config !== null) this.write("shared", config);
    for (const host of hosts) this.add(host, config, reloads);
  }

  /** Adds a control plane with this file, which its API server has loaded. */
  add(host: string, config: string | null, reloads = false): void {
    fs.appendFileSync(this.file("nodes"), `${host} ${addressOf(host)}\n`);
    this.write(`${host}/record/owner`, "kafka\n");
    this.write(`${host}/record/cluster`, `podCidr 10.0.0.0/8\nencryptSecrets ${config !== null}\n`);
    fs.mkdirSync(this.file(`${host}/etc/kubernetes/pki`), { recursive: true });
    for (const folder of ["log", "run"]) fs.mkdirSync(this.file(`${host}/${folder}`));
    const flag = "    - --encryption-provider-config";
    const flags = config === null ? "" : `${flag}=x\n${reloads ? `${flag}-automatic-reload=true\n` : ""}`;
    const mount = config?.includes("kms:") ? "      path: /srv/kms\n" : "";
    this.write(`${host}/etc/kubernetes/manifests/kube-apiserver.yaml`, flags + mount);
    for (const name of ["kube-controller-manager", "kube-scheduler"])
      this.write(`${host}/etc/kubernetes/manifests/${name}.yaml`, "");
    if (config !== null) this.write(`${host}/${CONFIG}`, config);
    this.write(`${host}/loaded`, config ?? text(nothing));
    this.write(`${host}/starts`, "1\n");
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

  /**
   * @param dies the number of the command with which the host loses its power
   * @param patience how many seconds the script waits @default its own
   */
  run(
    [host, action]: Step,
    { generation, by: PROVIDER = "secretbox", socket = "/srv/kms/plugin.sock" }: Wanted,
    dies = Infinity,
    patience?: number,
  ) {
    const address = addressOf(host);
    const kms = { KMS_SOCKET: socket, KMS_TIMEOUT: "3s" };
    const inputs = { ADDRESS: address, PROVIDER, KEY_GENERATION: String(generation), ...kms };
    const init: Record<string, string> = action === "keyAdd" ? { INIT_CONFIG: KUBEADM_CONFIG } : {};
    const script = composeScript(host, actions[action], { CLUSTER: "kafka", ...inputs, ...init })
      .replaceAll(/\/(run|etc\/kubernetes)\//g, `${this.file(host)}/$1/`)
      .replaceAll("/var/lib/kubeadm-kafka", this.file(`${host}/record`))
      .replaceAll("/var/log/", `${this.file(host)}/log/`)
      .replaceAll(/SECONDS \+ (180|300)/g, patience === undefined ? "$&" : `SECONDS + ${patience}`);
    const env = {
      PATH: `${this.file("bin")}:${process.env.PATH}`,
      ...clock,
      DIR: this.dir,
      AT: host,
      DIES: String(dies),
    };
    fs.rmSync(this.file("commands"), { force: true });
    const { status, stderr } = spawnSync("bash", ["-s", "--", "create"], {
      input: script,
      encoding: "utf8",
      env,
      timeout: 100_000, // a loop that doesn't sleep has no other end by this clock
    });
    return { status: status!, stderr, commands: this.read("commands").split("\n").filter(Boolean) };
  }

  /** The same cluster in another folder. */
  clone(hosts = this.hosts): Cluster {
    const clone = new Cluster(hosts);
    fs.cpSync(this.dir, clone.dir, { recursive: true });
    return clone;
  }

  /** How far the cluster is, whatever its keys are. */
  get state() {
    const loaded = this.hosts.map((host) => [
      this.loadedBy(host),
      idsIn(this.read(`${host}/${CONFIG}`)),
      this.starts(host),
    ]);
    return { shared: idsIn(this.read("shared")), loaded };
  }

  /**
   * What `pulumi up` does: the steps that have not succeeded with these settings yet, in their order, until one fails.
   *
   * @param stopsBefore the step before which it is killed @default none
   */
  up(wanted: Wanted, stopsBefore?: string): { status: number; stderr: string } {
    for (const step of steps(this.hosts)) {
      const key = JSON.stringify([step, wanted]);
      if (this.done.has(key)) continue;
      if (step.join(" ") === stopsBefore) return { status: 137, stderr: "" };
      const { status, stderr } = this.run(step, wanted);
      this.readAndWrite();
      if (status !== 0) return { status, stderr };
      for (const each of this.done) if (each.startsWith(`[${JSON.stringify(step)},`)) this.done.delete(each);
      this.done.add(key);
    }
    return { status: 0, stderr: "" };
  }

  /** Every API server writes a Secret, and must be able to read all. */
  readAndWrite(): void {
    for (const host of this.hosts) {
      fs.appendFileSync(this.file("etcd"), `kafka/written-by-${host} ${this.loadedBy(host)[0]!}\n`);
      for (const reader of this.hosts)
        expect([reader, ...this.loadedBy(reader)]).toEqual(expect.arrayContaining([...this.stored]));
    }
  }

  /** The providers by which Secrets are stored. */
  get stored(): Set<string> {
    const lines = this.read("etcd").split("\n").filter(Boolean);
    return new Set(lines.map((line) => line.split(" ")[1]!));
  }

  loadedBy(host: string): string[] {
    return idsIn(this.read(`${host}/loaded`));
  }

  starts(host: string): number {
    return this.read(`${host}/starts`).split("\n").length - 1;
  }
}

const CONFIG = "etc/kubernetes/pki/kubeadm-kafka-encryption.yaml";
const KUBEADM_CONFIG = ["encryption-provider-config", "encryption-provider-config-automatic-reload"]
  .map((name) => `- name: ${name}\n  value: "true"`)
  .join("\n");
const addressOf = (host: string): string => `10.0.0.${host.length}`;
const idsIn = (config: string): string[] =>
  [...config.matchAll(/^ {6}- (?:secretbox: .*name: "(\d+)"|kms: .*name: kubeadm-kafka-(\d+),|identity)/gm)].map(
    ([, key, ofPlugin]) => (key ? by(Number(key)) : ofPlugin ? byPlugin(Number(ofPlugin)) : NONE),
  );
const steps = (hosts: readonly string[]): Step[] =>
  (["keyAdd", "keyUse", "keyDrop"] as const).flatMap((action) => hosts.map((host): Step => [host, action]));

/** A host that loses its power at command DIES runs no other after it. */
const POWER = `
echo "\${0##*/} $*" >>"$DIR/commands"
[[ $DIES == Infinity ]] || (($(wc --lines <"$DIR/commands") < DIES)) || exit 137
first() { # FILE: sets the id to that of the first provider
  local lines key='secretbox: .*name: "([0-9]+)"' plugin='name: (kubeadm-kafka-[0-9]+),'
  mapfile -t lines <"$1"
  id=identity
  [[ ! \${lines[5]} =~ $key ]] || id=k8s:enc:secretbox:v1:\${BASH_REMATCH[1]}
  [[ ! \${lines[5]} =~ $plugin ]] || id=k8s:enc:kms:v2:\${BASH_REMATCH[1]}
}
`;

const KUBECTL = `${POWER}
server=$AT
if [[ $* =~ https://([0-9.]+):6443 ]]; then
  while read -r name address; do [[ $address != "\${BASH_REMATCH[1]}" ]] || server=$name; done <"$DIR/nodes"
fi
loaded=$DIR/$server/loaded
config=$DIR/$server/${CONFIG}
${KUBECTL_WITH_TURNS}
case $* in
*/readyz* | */healthz*) ;;
*"get --raw /metrics")
  [[ ! -e $DIR/$server/deaf ]] || exit 1
  manifest=$(<"$DIR/$server/etc/kubernetes/manifests/kube-apiserver.yaml")
  # An API server takes over no file with a plug-in that it doesn't reach.
  [[ $manifest != *automatic-reload* || ($(<"$config") == *kms:* && (! -e $DIR/$server/plugin || $manifest != *" path: /srv/kms"*)) ]] ||
    echo "$(<"$config")" >"$loaded"
  read -r hash _ < <(sha256sum <"$loaded")
  echo "apiserver_encryption_config_controller_last_config_info{apiserver_id_hash=\\"sha256:0\\",hash=\\"sha256:$hash\\"} 1"
  ;;
"get secret kubeadm-kafka-encryption "*) cat "$DIR/shared" 2>/dev/null || true ;;
"create secret generic kubeadm-kafka-encryption "*) [[ $* =~ --from-file=config=([^ ]*) ]] && echo "$(<"\${BASH_REMATCH[1]}")" ;;
"apply "*)
  cat >"$DIR/shared.new" && mv "$DIR/shared.new" "$DIR/shared"
  first "$loaded"
  echo "kube-system/kubeadm-kafka-encryption $id" >>"$DIR/etcd"
  ;;
"get nodes "*) echo "$(<"$DIR/nodes")" ;;
"get secrets --all-namespaces "*) echo '{"data": "of all Secrets"}' ;;
"replace "*)
  grep --quiet 'of all Secrets'
  first "$loaded"
  while read -r secret was; do
    if [[ -e $DIR/stubborn && $secret == "$(<"$DIR/stubborn")" ]]; then echo "$secret $was"; else echo "$secret $id"; fi
  done <"$DIR/etcd" >"$DIR/etcd.new"
  mv "$DIR/etcd.new" "$DIR/etcd"
  [[ ! -e $DIR/stubborn ]]
  ;;
*) echo "unexpected: kubectl $*" >&2; exit 1 ;;
esac`;

const CRICTL = `${POWER}
case $* in
"ps "*) echo "container-$(wc --lines <"$DIR/$AT/starts")" ;;
"exec "*"get /registry/secrets/ --prefix --write-out fields")
  [[ ! -e $DIR/broken ]] || { echo '"ClusterID" : 1'; exit 1; }
  while read -r secret id; do
    printf '"Key" : "/registry/secrets/%s"\\n"ModRevision" : 7\\n' "$secret"
    if [[ $id == identity ]]; then echo '"Value" : "k8s\\x00\\n\\f : x"'; else echo "\\"Value\\" : \\"$id:\\x01 \\\\\\" : 0\\""; fi
  done <"$DIR/etcd"
  ;;
*) echo "unexpected: crictl $*" >&2; exit 1 ;;
esac`;

const SS = `[[ ! -e $DIR/$AT/plugin ]] || printf 'u_str LISTEN 0 4096 %s 7 * 0\\n' /srv/kms/plugin.sock /srv/kms/another.sock`;

const KUBEADM = `${POWER}
case $* in
"init phase upload-config "*) ;;
"init phase control-plane "*)
  folder=$DIR/$AT/etc/kubernetes/manifests
  [[ $* != *--dry-run* ]] || folder=$KUBEADM_INIT_DRYRUN_DIR
  if [[ $4 != apiserver ]]; then : >"$folder/kube-$4.yaml"; exit; fi
  sed --quiet --regexp-extended 's/^- name: (.*)/    - --\\1=true/p' "\${@: -1}" >"$folder/kube-apiserver.yaml"
  echo "      path: /srv/kms" >>"$folder/kube-apiserver.yaml"
  [[ $* != *--dry-run* ]] || exit 0
  echo another >>"$DIR/$AT/starts"
  cp "$DIR/$AT/${CONFIG}" "$DIR/$AT/loaded"
  ;;
*) echo "unexpected: kubeadm $*" >&2; exit 1 ;;
esac`;

const succeeds = { status: 0, stderr: "" };
const hosts = ["a", "bb"] as const;

/** A cluster whose API servers write by a new key, and that still has Secrets by the old one. */
const beforeDrop = (): Cluster =>
  new Cluster(hosts, text(provider(2), provider(1), nothing), { id: by(1), reloads: true });

/** What is left after an exchange: the key alone, on all control planes, and nothing by another. */
function expectOnly(cluster: Cluster, ...ids: string[]): void {
  const config = cluster.read("shared");
  expect(idsIn(config)).toEqual(ids);
  for (const host of cluster.hosts) {
    expect(cluster.read(`${host}/${CONFIG}`)).toBe(config);
    expect(cluster.loadedBy(host)).toEqual(ids);
  }
  const written = cluster.read("etcd").split("\n").filter(Boolean);
  expect(written.filter((line) => !line.endsWith(` ${ids[0]!}`))).toEqual([]);
}

describe("a higher key generation", () => {
  test("stores all Secrets by a new key, while every API server can read each other's at any time", () => {
    const cluster = new Cluster(["a", "bb", "ccc"]);
    expect(cluster.up({ generation: 2 })).toEqual(succeeds);
    expectOnly(cluster, by(2), NONE);
    expect(cluster.read("shared")).toMatch(/name: "2", secret: [A-Za-z0-9+/]{43}=\}/);
  });

  test("restarts API servers of a cluster that had no reload, once; the next one restarts none", () => {
    const cluster = new Cluster(["a"]);
    cluster.up({ generation: 2 });
    expect(cluster.starts("a")).toBe(2);
    expect(cluster.read("turns")).toBe("create a 1500\nend\n");
    expect(cluster.up({ generation: 3 })).toEqual(succeeds);
    expect(cluster.starts("a")).toBe(2);
    expect(cluster.read("turns")).toBe("create a 1500\nend\n");
    expectOnly(cluster, by(3), NONE);
  });

  test.each(["bb keyAdd", "bb keyUse", "bb keyDrop"])("may follow one that was interrupted before %s", (step) => {
    const cluster = new Cluster(hosts, text(provider(1), nothing), { reloads: true });
    cluster.up({ generation: 2 }, step);
    expect(cluster.loadedBy("a")).not.toEqual(cluster.loadedBy("bb"));
    expect(cluster.up({ generation: 3 })).toEqual(succeeds);
    expectOnly(cluster, by(3), NONE);
  });

  test("goes on after an interruption before or after any change", () => {
    let cluster = new Cluster(hosts);
    for (const step of steps(hosts)) {
      const whole = cluster.clone();
      const { commands } = whole.run(step, { generation: 2 });
      const isChange = (command: string): boolean => /^kubeadm |^kubectl (apply|replace) |metrics$/.test(command);
      const changes = commands.flatMap((command, index) => (isChange(command) ? [index + 1] : []));
      expect(changes.length).toBeGreaterThan(0);
      for (const dies of changes) {
        const cut = cluster.clone();
        expect(cut.run(step, { generation: 2 }, dies, 0).status).not.toBe(0);
        cut.readAndWrite();
        expect(cut.run(step, { generation: 2 }).status).toBe(0);
        expect(cut.state).toEqual(whole.state);
        if (step[1] === "keyDrop") expect([...cut.stored]).toEqual([by(2)]);
      }
      cluster = whole;
    }
    expectOnly(cluster, by(2), NONE);
  });

  test("leaves no key on a command line, or in the log", () => {
    const cluster = new Cluster(hosts);
    for (const name of ["awk", "cat", "cmp", "cut", "grep", "head", "install", "mv", "sed", "sort", "tail"])
      cluster.write(
        `bin/${name}`,
        `#!/bin/bash\necho "${name} $*" >>"$DIR/lines"\nPATH=\${PATH#*:} exec ${name} "$@"`,
        0o755,
      );
    const lines = steps(hosts).flatMap((step) => {
      const { status, commands } = cluster.run(step, { generation: 2 });
      expect(status).toBe(0);
      return commands;
    });
    const keys = [/secret: ([^}]*)/.exec(cluster.read("shared"))![1]!, "key-1="];
    const said = [
      ...lines,
      cluster.read("lines"),
      ...hosts.map((host) => cluster.read(`${host}/log/kubeadm-kafka.log`)),
    ];
    expect(cluster.read("lines")).toContain("sed ");
    for (const key of keys) expect(said.join("\n")).not.toContain(key);
  });

  test("is given to a control plane that joins in between with what the others share", () => {
    const alone = new Cluster(["a"]);
    alone.up({ generation: 2 }, "a keyDrop");
    alone.add("bb", alone.read("shared"), true);
    const both = alone.clone(hosts);
    expect(both.up({ generation: 2 })).toEqual(succeeds);
    expectOnly(both, by(2), NONE);
  });
});

test("a generation that the cluster has changes nothing", () => {
  const cluster = new Cluster(["a"], text(provider(2), nothing), { reloads: true });
  for (const step of steps(["a"])) expect(cluster.run(step, { generation: 2 }).status).toBe(0);
  expect(cluster.read("shared")).toBe(text(provider(2), nothing));
  expect(cluster.read("commands")).not.toContain("replace");
});

describe("nothing writes by a key that an API server lacks:", () => {
  test("the new key isn't used before all API servers have loaded it", () => {
    const cluster = new Cluster(hosts);
    expect(cluster.run(["a", "keyAdd"], { generation: 2 }).status).toBe(0);
    const { status, stderr } = cluster.run(["a", "keyUse"], { generation: 2 }, Infinity, 1);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringMatching(/API server of bb, at 10.0.0.2, has not loaded .*\[KK972\]/s),
    });
    expect(cluster.loadedBy("a")).toEqual([by(1), NONE, by(2)]);
  });

  test("Secrets aren't stored anew while an API server doesn't answer", () => {
    const cluster = beforeDrop();
    cluster.write("bb/deaf", "");
    expect(cluster.run(["a", "keyDrop"], { generation: 2 }, Infinity, 1).stderr).toContain("[KK972]");
    expect(cluster.read("shared")).toBe(text(provider(2), provider(1), nothing));
  });

  test.each(["keyUse", "keyDrop"] as const)("%s refuses if the passes before it were left out", (action) => {
    const cluster = new Cluster(hosts);
    expect(cluster.run(["a", action], { generation: 2 }).stderr).toContain("run up without --target [KK974]");
    expect(cluster.read("shared")).toBe(text(provider(1), nothing));
  });
});

describe("the old key stays", () => {
  test("while a Secret can't be stored anew, and the error names it", () => {
    const cluster = beforeDrop();
    cluster.write("stubborn", "kafka/password\n");
    const { status, stderr } = cluster.run(["a", "keyDrop"], { generation: 2 }, Infinity, 5);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringMatching(/: kafka\/password\. .*\[KK975\]/s),
    });
    expect(cluster.read("shared")).toBe(text(provider(2), provider(1), nothing));
  });

  test("if etcd can't be read", () => {
    const cluster = beforeDrop();
    cluster.write("broken", "");
    expect(cluster.run(["a", "keyDrop"], { generation: 2 }).status).toBe(1);
    expect(cluster.read("shared")).toBe(text(provider(2), provider(1), nothing));
  });
});

test("a generation that is gone is refused, with the one that the cluster has", () => {
  const config = text(provider(5), nothing);
  const cluster = new Cluster(["a"], config);
  const { status, stderr } = cluster.run(["a", "keyAdd"], { generation: 4 });
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(/already has key 5; .*\[KK971\]/s) });
  expect(cluster.read("shared")).toBe(config);
});

describe("a file that somebody has edited is left as it is", () => {
  /** @param id the provider by which Secrets are stored @default the first that the control planes share */
  const refusal = (config: string, shared = text(provider(1), nothing), id = idsIn(shared)[0]!): string => {
    const cluster = new Cluster(["a"], shared, { id });
    cluster.write(`a/${CONFIG}`, config);
    const { stderr } = cluster.run(["a", "keyAdd"], { generation: 2 });
    expect(cluster.read(`a/${CONFIG}`)).toBe(config);
    return stderr;
  };

  test("if the API server writes by a key of it that the others lack", () =>
    expect(refusal(text(provider(1, "another="), provider(1), nothing))).toMatch(
      /its first key, .*:1, is not there.*KK973/s,
    ));

  test("if Secrets are stored by a key of it that the others lack", () => {
    const edited = text(provider(2), provider(1, "another="));
    expect(refusal(edited, text(provider(2), nothing, provider(1)), by(1))).toMatch(
      /its key .*:1 is not there, and Secrets are stored by it.*KK973/s,
    );
  });

  test("if it has another form", () => {
    expect(refusal(text("aescbc: {keys: [{name: 1, secret: x}]}", nothing))).toContain("not in this program's form");
    expect(refusal(text(provider(1), nothing).replace("[secrets]", "[secrets, configmaps]"))).toContain("[KK973]");
  });
});

test("a Secret in another form is neither extended nor replaced", () => {
  const cluster = new Cluster(["a"]);
  const edited = text("aesgcm: {keys: [{name: 1, secret: x}]}", nothing);
  cluster.write("shared", edited);
  expect(cluster.run(["a", "keyAdd"], { generation: 2 }).stderr).toContain("[KK973]");
  expect(cluster.read("shared")).toBe(edited);
});

describe("encryption of a running cluster", () => {
  test("can be switched on: all Secrets are encrypted", () => {
    const cluster = new Cluster(hosts, null);
    expect(cluster.up({ generation: 1 })).toEqual(succeeds);
    expectOnly(cluster, by(1), NONE);
    expect(cluster.read("a/record/cluster")).toBe("podCidr 10.0.0.0/8\nencryptSecrets true\n");
  });

  test("can be switched off: none is, and no key is left", () => {
    const cluster = new Cluster(hosts);
    expect(cluster.up({ generation: 1, by: "identity" })).toEqual(succeeds);
    expectOnly(cluster, NONE);
    expect(cluster.read("bb/record/cluster")).toBe("podCidr 10.0.0.0/8\nencryptSecrets false\n");
  });
});

describe("a plug-in", () => {
  const withPlugin = (config: string, id = idsIn(config)[0]!): Cluster => {
    const cluster = new Cluster(hosts, config, { reloads: true, id });
    for (const host of hosts) cluster.write(`${host}/plugin`, "");
    return cluster;
  };

  test("takes over from a key, and API servers restart once to reach it", () => {
    const cluster = withPlugin(text(provider(1), nothing));
    expect(cluster.up({ generation: 1, by: "kms" })).toEqual(succeeds);
    expectOnly(cluster, byPlugin(1), NONE);
    expect(cluster.read("shared")).toBe(text(plugin(1), nothing));
    expect(hosts.map((host) => cluster.starts(host))).toEqual([2, 2]);
  });

  test("gives way to a key", () => {
    const cluster = withPlugin(text(plugin(1), nothing));
    expect(cluster.up({ generation: 2 })).toEqual(succeeds);
    expectOnly(cluster, by(2), NONE);
  });

  test("encrypts all Secrets anew with a higher key generation", () => {
    const cluster = withPlugin(text(plugin(1), nothing));
    expect(cluster.up({ generation: 2, by: "kms" })).toEqual(succeeds);
    expectOnly(cluster, byPlugin(2), NONE);
  });

  test("that doesn't run is refused before a key changes", () => {
    const cluster = new Cluster(["a"], text(provider(1), nothing), { reloads: true });
    const { status, stderr } = cluster.run(["a", "keyAdd"], { generation: 1, by: "kms" });
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringMatching(/no plug-in listens at .*\[KK977\]/s),
    });
    expect(cluster.read("shared")).toBe(text(provider(1), nothing));
  });

  test("in use isn't moved to another socket", () => {
    const cluster = withPlugin(text(plugin(1), nothing));
    const { stderr } = cluster.run(["a", "keyAdd"], { generation: 1, by: "kms", socket: "/srv/kms/another.sock" });
    expect(stderr).toMatch(/has other settings: kms: .*plugin.sock.*\[KK976\]/s);
    expect(cluster.read("shared")).toBe(text(plugin(1), nothing));
  });
});
