import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { actions } from "../../../components/cluster/actions";
import type { AuditSettings } from "../../../components/cluster/apiServerConfig";
import { composeScript, readScript } from "../../../components/cluster/hostScript";
import type { ClusterSettings } from "../../../components/cluster/kubeadmConfig";
import { controlPlaneConfigInputs } from "../../../components/cluster/steps/controlPlanePlan";
import { certificate } from "../../support/certificate";
import { clusterSettings } from "../../support/preflight";
import { KUBECTL_WITH_TURNS } from "../../support/turns";

// Generous: it is about what happens, not about how busy the machine is.
jest.setTimeout(300_000);

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "control-plane-config-"));
afterAll(() => fs.rmSync(temporary, { recursive: true }));

const audit: AuditSettings = { enabled: true, maxAgeDays: 30, maxBackups: 10, maxSizeMegabytes: 100 };
const settings = { ...clusterSettings, version: "1.34.4", audit };
const off = { ...settings, audit: { ...audit, enabled: false } };
const host = { name: "master", role: "control-plane", address: "10.0.0.1" } as const;

/** A control plane with kubeadm, and a kubelet that starts another container when a manifest changes or a container stops. */
class Machine {
  readonly dir = fs.mkdtempSync(path.join(temporary, "machine-"));

  /** @param version that the cluster was made with */
  constructor(private readonly version = "v1.34.4") {
    for (const folder of [
      "bin",
      "run",
      "log",
      "etc/kubernetes/manifests",
      "etc/kubernetes/pki",
      "var/lib/kubeadm-kafka",
      "var/lib/etcd",
      "containers",
    ]) {
      fs.mkdirSync(this.path(folder), { recursive: true });
    }
    for (const [name, script] of Object.entries(programs)) {
      fs.writeFileSync(this.path(`bin/${name}`), `#!/bin/bash\nset -e\n${script}`, { mode: 0o755 });
    }
    fs.writeFileSync(this.path("var/lib/kubeadm-kafka/owner"), "ours\n");
    fs.writeFileSync(this.path(KEYS), "");
    for (const name of components) {
      fs.writeFileSync(this.path(`containers/${name}`), "1\n");
      fs.writeFileSync(this.manifest(name), `    image: registry.k8s.io/${name}:${this.version}\n`);
    }
  }

  path(name: string): string {
    return path.join(this.dir, name);
  }

  manifest(name: string): string {
    return this.path(`etc/kubernetes/manifests/${name}.yaml`);
  }

  read(name: string): string {
    return fs.existsSync(this.path(name)) ? fs.readFileSync(this.path(name), "utf8") : "";
  }

  /** Runs the step. @returns the components that restarted, and what kubeadm wrote into the cluster */
  configure(wanted: ClusterSettings = settings, isFirst = true, error?: string) {
    const before = this.containers;
    fs.rmSync(this.path("uploaded"), { force: true });
    const inputs = controlPlaneConfigInputs(host, wanted, ["127.0.0.1"], isFirst);
    const script = this.here(composeScript("master", actions.controlPlaneConfig, { CLUSTER: "ours", ...inputs }));
    const { status, stderr } = this.run(script, ["-s", "--", "create"]);
    if (error) expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining(error) as string });
    else expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const after = this.containers;
    return { restarted: components.filter((name) => after[name] !== before[name]), uploaded: this.read("uploaded") };
  }

  /** What became of this host's turn, and what restarted, since this was last asked. */
  get turns(): string[] {
    const turns = this.read("turns").split("\n").filter(Boolean);
    fs.rmSync(this.path("turns"), { force: true });
    return turns;
  }

  /** What drift.sh prints. */
  get drift(): string {
    const script = this.here(["lib/lib", ...actions.drift.create].map(readScript).join("\n"));
    return this.run(`ACTION=drift STEPS=control-plane-config\n${script}`, ["-s"]).stdout;
  }

  undoFiles(): void {
    const functions = readScript("undo").split("\nend_running_step\nbegin\n")[0]!;
    const rest = "package_caches=() SCRATCH=$DIR; was_here() { :; }";
    const script = this.here(`ACTION=undo\n${readScript("lib/lib")}\n${functions}\n${rest}\nremove_files`);
    expect(this.run(script, ["-s"]).status).toBe(0);
  }

  private here(script: string): string {
    return script
      .replaceAll(/\/(run|etc|var\/lib)\//g, `${this.dir}/$1/`)
      .replaceAll("/var/log/", `${this.dir}/log/`)
      .replace("RECORD=/var/lib", `RECORD=${this.dir}/var/lib`);
  }

  private run(input: string, args: string[]) {
    const env = { PATH: `${this.dir}/bin:${process.env.PATH}`, DIR: this.dir };
    return spawnSync("bash", args, { input, encoding: "utf8", env });
  }

  private get containers(): Record<string, string> {
    return Object.fromEntries(components.map((name) => [name, this.read(`containers/${name}`)]));
  }
}

const KEYS = "etc/kubernetes/pki/kubeadm-kafka-encryption.yaml";
/** A certificate for a name, without its key. */
const certificateOnly = (name: string): string =>
  /-----BEGIN CERTIFICATE-----\n[^-]*-----END CERTIFICATE-----\n/.exec(certificate(name))![0];
const components = ["kube-apiserver", "kube-controller-manager", "kube-scheduler"];

const programs = {
  // A manifest is the version and the component's part of the configuration.
  kubeadm: `
    config=\${@: -1}
    case "$*" in
    "init phase control-plane "*)
      name=kube-$4 folder=$DIR/etc/kubernetes/manifests
      [[ $* != *--dry-run* ]] || folder=$KUBEADM_INIT_DRYRUN_DIR
      declare -A keys=([apiserver]=apiServer [controller-manager]=controllerManager [scheduler]=scheduler)
      {
        echo "    image: registry.k8s.io/$name:$(sed -n 's/^kubernetesVersion: //p' "$config")"
        awk -v key="\${keys[$4]}:" '/^[^ ]/ {on = $1 == key} on' "$config" | sed 's/- name: \\(.*\\)/- --\\1=/'
      } >"$folder/$name.yaml"
      [[ $* != *--dry-run* ]] || exit 0
      echo "write $name" >>"$DIR/turns"
      echo $(($(<"$DIR/containers/$name") + 1)) >"$DIR/containers/$name"
      ;;
    "init phase upload-config all "*) sed -n 's/^kubernetesVersion: //p' "$config" >"$DIR/uploaded" ;;
    *) exit 1 ;;
    esac`,
  crictl: `
    case "$*" in
    "ps --quiet --name ^"*) name=\${4#^} name=\${name%$}; cat "$DIR/containers/$name"; echo "$name" >"$DIR/asked" ;;
    inspect*) date --reference "$DIR/containers/$(<"$DIR/asked")" +%FT%T.%N%:z ;;
    *" stop "*) name=$(<"$DIR/asked"); echo "stop $name" >>"$DIR/turns"; echo $(($(<"$DIR/containers/$name") + 1)) >"$DIR/containers/$name" ;;
    esac`,
  kubectl: `
    ${KUBECTL_WITH_TURNS}
    case "$*" in
    "get clusterrolebinding "*) [[ -e $DIR/no-tokens ]] || echo bound ;;
    delete* | patch*) echo "$1 $2 $3" >>"$DIR/revoked" ;;
    "get nodes "*) cat "$DIR/nodes" ;;
    *) echo ok ;;
    esac`,
  systemctl: "",
  // Connects to a kubelet, whose certificate is signed if the file has its address.
  openssl: `[[ $* == *" -verify_return_error "* && " $(<"$DIR/signed") " == *" \${*: -1} "* ]]`,
};

test("a running control plane of an earlier version gets the settings, and then nothing restarts", () => {
  const machine = new Machine();
  expect(machine.configure().restarted).toEqual(components);
  expect(machine.read("etc/kubernetes/kubeadm-kafka/audit-policy.yaml")).toContain("kind: Policy");
  expect(machine.read("etc/kubernetes/manifests/kube-apiserver.yaml")).toContain("audit-policy-file");
  expect(machine.configure().restarted).toEqual([]);
  expect(machine.drift).toBe("");
});

test("static pods restart in this host's turn, which a step that restarts none doesn't wait for", () => {
  const machine = new Machine();
  machine.configure();
  const written = components.map((name) => `write ${name}`);
  expect(machine.turns).toEqual(["create master 1500", ...written, "end"]);
  fs.writeFileSync(machine.path("lease"), `7 other ${new Date().toISOString()} 1500\n`);
  machine.configure();
  expect(machine.turns).toEqual([]);
  fs.rmSync(machine.path("lease"));
  fs.writeFileSync(machine.path("etc/kubernetes/kubeadm-kafka/audit-policy.yaml"), "rules: []\n");
  machine.configure();
  expect(machine.turns).toEqual(["create master 1500", "stop kube-apiserver", "end"]);
});

test("the API server reads files that an interrupted run has written, and then stays as it is", () => {
  const machine = new Machine();
  machine.configure();
  const policy = machine.path("etc/kubernetes/kubeadm-kafka/audit-policy.yaml");
  fs.utimesSync(policy, Date.now() / 1000, Date.now() / 1000);
  expect(machine.configure().restarted).toEqual(["kube-apiserver"]);
  expect(machine.configure().restarted).toEqual([]);
});

test("a turn that was left by a run that died ends once nothing is left to do", () => {
  const machine = new Machine();
  machine.configure();
  fs.rmSync(machine.path("turns"));
  fs.writeFileSync(machine.path("lease"), `7 master ${new Date().toISOString()} 1500\n`);
  machine.configure();
  expect(machine.turns).toEqual(["end"]);
});

test("only the API server restarts if the log's settings change, or the log is switched off", () => {
  const machine = new Machine();
  machine.configure();
  expect(machine.configure({ ...settings, audit: { ...audit, maxBackups: 20 } }).restarted).toEqual(["kube-apiserver"]);
  expect(machine.configure(off).restarted).toEqual(["kube-apiserver"]);
  expect(machine.read("etc/kubernetes/kubeadm-kafka/audit-policy.yaml")).toBe("");
});

test("an edited policy is drift; the step that repairs it restarts the API server, which reads it only at its start", () => {
  const machine = new Machine();
  machine.configure();
  const file = machine.path("etc/kubernetes/kubeadm-kafka/audit-policy.yaml");
  fs.writeFileSync(file, "rules: []\n");
  expect(machine.drift).toBe(`control-plane-config file ${file} was edited\n`);
  expect(machine.configure().restarted).toEqual(["kube-apiserver"]);
  expect(machine.drift).toBe("");
});

test("where authorities may be exchanged, the controller manager signs by a file of its own, with the one that signs now", () => {
  const machine = new Machine();
  machine.configure();
  const [signs, trusted] = ["signs", "trusted"].map(certificateOnly);
  fs.writeFileSync(machine.path("etc/kubernetes/pki/ca.crt"), `${signs}${trusted}`);
  const { restarted } = machine.configure({ ...settings, authorityGeneration: 2 });
  expect(restarted).toEqual(["kube-controller-manager"]);
  expect(machine.read("etc/kubernetes/manifests/kube-controller-manager.yaml")).toContain("kubeadm-kafka-signer.crt");
  expect(machine.read("etc/kubernetes/pki/kubeadm-kafka-signer.crt")).toBe(signs);
});

test("an edited manifest becomes kubeadm's again", () => {
  const machine = new Machine();
  machine.configure();
  fs.appendFileSync(machine.manifest("kube-scheduler"), "    - --profiling=true\n");
  expect(machine.configure().restarted).toEqual(["kube-scheduler"]);
});

test("an API server whose keys are missing isn't restarted, since it couldn't start again", () => {
  const machine = new Machine();
  machine.configure();
  fs.rmSync(machine.path(KEYS));
  const changed = { ...settings, audit: { ...audit, maxBackups: 20 } };
  expect(machine.configure(changed, true, "[KK980]").restarted).toEqual([]);
  fs.writeFileSync(machine.path(KEYS), "");
  expect(machine.configure(changed).restarted).toEqual(["kube-apiserver"]);
});

test("an API server doesn't encrypt before there are keys", () => {
  const machine = new Machine();
  fs.rmSync(machine.path(KEYS));
  machine.configure();
  expect(machine.read("etc/kubernetes/manifests/kube-apiserver.yaml")).not.toContain("encryption-provider-config");
  expect(machine.read("etc/kubernetes/manifests/kube-apiserver.yaml")).toContain("profiling");
});

describe("the API server verifies kubelets", () => {
  const machine = () => {
    const made = new Machine();
    fs.writeFileSync(made.path("nodes"), "10.0.0.1\n10.0.0.2\n");
    return made;
  };
  const verifies = (made: Machine) =>
    made.read("etc/kubernetes/manifests/kube-apiserver.yaml").includes("--kubelet-certificate-authority=");

  test("only when each node's kubelet has a certificate of the cluster's authority, since logs and exec must not fail", () => {
    const made = machine();
    for (const signed of ["", "10.0.0.1", "10.0.0.2"]) {
      fs.writeFileSync(made.path("signed"), signed);
      made.configure();
      expect(verifies(made)).toBe(false);
    }
    fs.writeFileSync(made.path("signed"), "10.0.0.1 10.0.0.2");
    expect(made.configure().restarted).toEqual(["kube-apiserver"]);
    expect(verifies(made)).toBe(true);
  });

  test("from then on, also while a node doesn't answer", () => {
    const made = machine();
    fs.writeFileSync(made.path("signed"), "10.0.0.1 10.0.0.2");
    made.configure();
    fs.writeFileSync(made.path("signed"), "");
    expect(made.configure().restarted).toEqual([]);
    expect(verifies(made)).toBe(true);
  });

  test("not if the API server can't say which nodes there are", () => {
    const made = machine();
    fs.writeFileSync(made.path("nodes"), "");
    made.configure();
    expect(verifies(made)).toBe(false);
    fs.rmSync(made.path("nodes"));
    expect(made.configure().restarted).toEqual([]);
  });
});

test("the version stays the one that runs, since only an upgrade changes it", () => {
  const machine = new Machine("v1.34.2");
  expect(machine.configure().uploaded).toBe("v1.34.2\n");
  expect(machine.read("etc/kubernetes/manifests/kube-apiserver.yaml")).toContain("kube-apiserver:v1.34.2\n");
});

test("only the first control plane writes the settings into the cluster, where an upgrade begins", () => {
  expect(new Machine().configure(settings, false).uploaded).toBe("");
});

test("kubeadm's settings don't give bootstrap tokens the rights back that the cluster has taken from them", () => {
  const machine = new Machine();
  machine.configure();
  expect(machine.read("revoked")).toBe("");
  fs.writeFileSync(machine.path("no-tokens"), "");
  machine.configure();
  expect(machine.read("revoked")).toContain("patch rolebinding kubeadm:nodes-kubeadm-config\n");
});

test("only root can read etcd's folder, even if it is a disk of its own", () => {
  const machine = new Machine();
  fs.chmodSync(machine.path("var/lib/etcd"), 0o755);
  machine.configure();
  expect(fs.statSync(machine.path("var/lib/etcd")).mode & 0o777).toBe(0o700);
});

test("the audit log's folder is for root only, and the undo removes the log and nobody else's files", () => {
  const machine = new Machine();
  machine.configure();
  const folder = machine.path("log/kubeadm-kafka-audit");
  expect(fs.statSync(folder).mode & 0o777).toBe(0o700);
  const files = ["audit.log", "audit-2026-11-28T19-40-00.000.log.gz", "audit-2026-11-28T19-40-00.000.log"];
  for (const name of [...files, "notes"]) fs.writeFileSync(path.join(folder, name), "");
  machine.undoFiles();
  expect(fs.readdirSync(folder)).toEqual(["notes"]);
  fs.rmSync(path.join(folder, "notes"));
  machine.undoFiles();
  expect(fs.existsSync(folder)).toBe(false);
});
