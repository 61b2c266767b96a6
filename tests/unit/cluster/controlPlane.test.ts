import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { readScript } from "../../../components/cluster/hostScript";

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "control-plane-"));
afterAll(() => fs.rmSync(temporary, { recursive: true }));

/**
 * Runs a function of control-plane.sh. The fake kubectl keeps the existing objects in the file `there`, one per line.
 */
function run(command: string, { there = [] as string[], status: expected = 0, keep = "patched" } = {}) {
  const cwd = fs.mkdtempSync(path.join(temporary, "run-"));
  const file = (name: string) => path.join(cwd, name);
  fs.writeFileSync(file("there"), there.map((line) => `${line}\n`).join(""));
  fs.writeFileSync(file("patched"), "");
  const functions = readScript("control-plane").split("\nbegin_on_ours\n")[0]!;
  const script = `set -Eeuo pipefail
    RECORD=. CERTIFICATE_KEY=c0ffee
    ${readScript("lib/plugin")}
    ${KUBECTL}
    ${readScript("lib/bootstrap-tokens")}
    ${functions}
    ${command}`;
  const { status, stderr } = spawnSync("bash", ["-c", script], { cwd, encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: expected, stderr: "" });
  const lines = (name: string) => fs.readFileSync(file(name), "utf8").split("\n").filter(Boolean);
  return { there: lines("there"), patched: lines("patched"), kept: fs.readFileSync(file(keep), "utf8") };
}

const KUBECTL = `
kubectl() {
  local verb=$1 kind=$2 word
  shift 2
  case $verb in
  taint) echo "$kind $1 $2" >>patched ;;
  get)
    [[ ! -e silent ]] || return 1
    grep --line-regexp "$kind $1" there || true
    ;;
  patch) echo "$kind $1 \${*: -1}" >>patched ;;
  delete) for word; do sed --in-place "/^$kind $word$/d" there; done ;;
  esac
}`;

test("a host joins in its turn, which begins before etcd's members change", () => {
  const stubs = [
    "write_signer",
    "trust_in_kubeconfigs",
    "fetch_encryption_config",
    "write_api_server_files",
    "ignored_errors",
    "cp",
    "mv",
  ];
  const noted = ["begin_turn", "take_snapshot", "remove_members", "delete_node", "kubeadm"];
  const functions = [
    ...stubs.map((name) => `${name}() { :; }`),
    ...noted.map((name) => `${name}() { echo "${name} $*" >>patched; }`),
  ];
  const { patched } = run(`${functions.join("\n")}\nHOST=bb peer=a MINUTES=60 FIXED= SCRATCH=.\njoin_cluster`);
  expect(patched.map((line) => line.split(" --")[0])).toEqual([
    "kubeadm join phase control-plane-prepare download-certs",
    "kubeadm join phase control-plane-prepare kubeconfig",
    "begin_turn 3600",
    "take_snapshot a",
    "remove_members a has_my_place",
    "remove_members a unlisted_and_dead",
    "delete_node bb",
    "kubeadm join",
  ]);
});

const joiner = ["clusterrole kubeadm-kafka:joiner", "clusterrolebinding kubeadm-kafka:joiner"];
/** Bindings of kubeadm to the group of its bootstrap tokens. The certificate of ten years was in that group. */
const groups = [
  "clusterrolebinding kubeadm:kubelet-bootstrap",
  "clusterrolebinding kubeadm:node-autoapprove-bootstrap",
  "clusterrolebinding kubeadm:get-nodes",
  "rolebinding kubeadm:kubeadm-certs",
  "rolebinding kube-proxy",
];
const nodes = ["clusterrolebinding kubeadm:node-autoapprove-certificate-rotation", "clusterrole kubeadm:get-nodes"];

describe("the certificate of ten years that earlier versions gave to each host", () => {
  test("loses its rights, while nodes keep what they need", () => {
    const { there, patched } = run("forget_joiner", { there: [...joiner, ...groups, ...nodes] });
    expect(there).toEqual(nodes);
    const onlyNodes = JSON.stringify({
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: "system:nodes" }],
    });
    expect(patched).toEqual([
      `rolebinding kubeadm:nodes-kubeadm-config ${onlyNodes}`,
      `rolebinding kubeadm:kubelet-config ${onlyNodes}`,
    ]);
  });

  test("is not required: a cluster that never had one keeps kubeadm's bootstrap tokens", () => {
    expect(run("forget_joiner", { there: [...groups, ...nodes] })).toMatchObject({
      there: [...groups, ...nodes],
      patched: [],
    });
  });

  test("isn't skipped if the API server doesn't answer", () => {
    expect(run("touch silent; forget_joiner", { there: joiner, status: 1 }).there).toEqual(joiner);
  });

  test("is handled again after an interruption", () => {
    expect(run("forget_joiner", { there: [joiner[0]!, ...groups.slice(2)] }).there).toEqual([]);
  });
});

test("control planes off the list aren't skipped if the API server doesn't answer", () => {
  const rest = "HOST=master; listed() { echo master=1; }; remove_members() { :; }";
  run(`${rest}; touch silent; remove_unlisted`, { status: 1 });
});

describe("a control plane's right to read shared certificates", () => {
  test("is removed when the control plane is a member, and another one's isn't", () => {
    const bound = (name: string) => `rolebinding kubeadm-kafka:joins:${name}`;
    const { there } = run("HOST=second join_key=key; touch key; forget_admission; [[ ! -e key ]]", {
      there: [bound("second"), bound("third")],
    });
    expect(there).toEqual([bound("third")]);
  });

  test("includes an earlier version's token that never expired; others' tokens stay", () => {
    const bound = ["rolebinding kubeadm-kafka:control-planes", "rolebinding kubeadm:nodes-kubeadm-config"];
    const tokens = ["secret bootstrap-token-c08200", "secret bootstrap-token-abcdef"];
    expect(run("forget_token", { there: [...tokens, ...bound] }).there).toEqual([tokens[1], bound[1]]);
  });
});

describe("kubeadm's taint, by which a control plane repels pods,", () => {
  const tainted = (scheduleOnControlPlane: boolean, has: boolean) =>
    run(`HOST=master SCHEDULE_ON_CONTROL_PLANE=${scheduleOnControlPlane}; remove_taint`, {
      there: has ? ["node master"] : [],
    }).patched;

  test("is removed if control planes run ordinary pods", () => {
    expect(tainted(true, true)).toEqual(["node master node-role.kubernetes.io/control-plane-"]);
    expect(tainted(true, false)).toEqual([]);
  });

  test("is never set by a control plane's own step, which precedes the check of volumes", () => {
    expect(tainted(false, false)).toEqual([]);
    expect(tainted(false, true)).toEqual([]);
  });
});

describe("the configuration by which manifests are made anew", () => {
  const flag = (name: string): string => `  - name: ${name}\n    value: x\n`;
  const encryption = flag("encryption-provider-config") + flag("encryption-provider-config-automatic-reload");
  const rest = `${flag("profiling")}kubernetesVersion: v1.35.4\nnetworking: {}`;
  const config = `kind: ClusterConfiguration\nextraArgs:\n${encryption}${rest}`;

  /**
   * @param running the version of the API server's image @default there is no API server
   * @param keys whether there are keys of Secrets @default true
   * @param flags of the API server that runs @default none
   */
  function made(running?: string, keys = true, flags = ""): string {
    const cwd = fs.mkdtempSync(path.join(temporary, "config-"));
    const manifest = path.join(cwd, "etc/kubernetes/manifests/kube-apiserver.yaml");
    fs.mkdirSync(path.dirname(manifest), { recursive: true });
    if (running) fs.writeFileSync(manifest, `    image: registry:5000/x/kube-apiserver:v${running}\n${flags}`);
    if (keys) fs.writeFileSync(path.join(cwd, "keys"), "");
    const library = readScript("lib/kubeadm").replaceAll("/etc/", `${cwd}/etc/`);
    return spawnSync(
      "bash",
      ["-c", `set -eu\nencryption_config=${cwd}/keys INIT_CONFIG='${config}'\n${library}\ninit_config`],
      { encoding: "utf8" },
    ).stdout;
  }

  test("has the version that runs, since only an upgrade changes it", () =>
    expect(made("1.34.4")).toBe(`${config.replace("1.35.4", "1.34.4")}\n`));

  test("has the config's version where none runs", () => expect(made()).toBe(`${config}\n`));

  test("has no encryption before there are keys, which key-add.sh makes: the API server wouldn't start", () => {
    expect(made("1.35.4", false)).toBe(`${config.replace(encryption, "")}\n`);
    expect(made(undefined, false)).toBe(`${config.replace(encryption, "")}\n`);
  });

  test("keeps the encryption of an API server that runs with keys, even if their file is gone", () =>
    expect(made("1.35.4", false, "    - --encryption-provider-config=x\n")).toBe(`${config}\n`));
});

describe("the keys by which API servers encrypt Secrets", () => {
  /** Answers of a cluster whose API servers get this flag, and have these keys. */
  const cluster = (flags: string, keys: string): string => `encryption_config=$PWD/keys
    kubectl() { case $* in *kubeadm-config*) echo "${flags}" ;; *"secret kubeadm-kafka-encryption"*) ${keys} ;; esac; }`;

  test("are fetched by a control plane that joins, for nobody else to read", () => {
    const flags = "extraArgs: encryption-provider-config";
    run(`${cluster(flags, "echo all")}; fetch_encryption_config; [[ $(<keys) == all && $(stat -c %a keys) == 600 ]]`);
  });

  test("are missing where Secrets aren't encrypted", () =>
    void run(`${cluster("extraArgs: none", "return 1")}; fetch_encryption_config; [[ ! -e keys ]]`));

  test("aren't left out if they can't be read: the API server would not start", () => {
    run(`${cluster("encryption-provider-config", "return 1")}; fetch_encryption_config`, { status: 1 });
    run(`kubectl() { return 1; }; fetch_encryption_config`, { status: 1 });
  });
});

describe("the plug-in that encrypts Secrets", () => {
  const config = `printf '      - kms: {apiVersion: v2, name: n, endpoint: "unix:///srv/kms/p.sock", timeout: 3s}\\n' >keys`;
  const check = (initConfig: string, command = "check_plugins keys", status = 0): string =>
    run(
      `refuse() { echo "$2 [$1]" >>said; exit 1; }; touch said; ${config}; encryption_config=$PWD/keys
      INIT_CONFIG=$'${initConfig}'; ${command}`,
      { status, keep: "said" },
    ).kept;
  const mounted = "extraVolumes:\\n  - name: kms-plugin\\n    hostPath: /srv/kms\\n";

  test("stays in the config of the API server, whose next manifest would miss it", () => {
    check(mounted);
    expect(check("extraVolumes: []", "check_plugins keys", 1)).toMatch(
      /plug-in at \/srv\/kms\/p.sock; leave it .*\[KK976\]/,
    );
  });

  test("has to run before a control plane joins", () => {
    const joins = (listening: string): string => `ss() { echo "u_str LISTEN 0 4096 ${listening} 7 * 0"; }
      kubectl() { case $* in *kubeadm-config*) echo encryption-provider-config ;; *) cat keys.before ;; esac; }
      mv keys keys.before; fetch_encryption_config`;
    check(mounted, joins("/srv/kms/p.sock"));
    expect(check(mounted, joins("/srv/kms/p.socket"), 1)).toMatch(
      /none listens at \/srv\/kms\/p.sock on this host.*KK977/,
    );
  });

  test("has to run before a backup that it encrypts is restored", () =>
    expect(check(mounted, "ss() { :; }; look_for_plugins keys", 1)).toMatch(/none listens at .*KK977/));

  test("isn't required where there is none", () => void run("check_plugins none; look_for_plugins none"));
});

describe("settings that can't change", () => {
  const judge = (recorded: string, fixed: string, command: string, status = 0): string => {
    const said = `refuse() { echo "$2 [$1]" >>said; exit 1; }`;
    const before = `RECORD=$PWD; printf '${recorded}' >cluster; FIXED=$'${fixed}'`;
    return run(`${said}; ${before}; touch said; ${command}`, { status, keep: "said" }).kept;
  };

  test("are compared with those that the cluster was made with", () => {
    judge("podCidr a\\nencryptSecrets true\\n", "podCidr a\\nencryptSecrets true", "is_unchanged");
    judge("podCidr a\\nencryptSecrets true\\n", "podCidr b\\nencryptSecrets true", "is_unchanged", 1);
    judge("podCidr a\\nencryptSecrets true\\n", "podCidr a\\nencryptSecrets false", "is_unchanged", 1);
  });

  test("don't include encryption where the config manages the key", () => {
    judge("podCidr a\\nencryptSecrets false\\n", "podCidr a", "is_unchanged");
    judge("podCidr a\\n", "podCidr a", "is_unchanged");
    judge("podCidr a\\nencryptSecrets false\\n", "podCidr b", "is_unchanged", 1);
  });

  test("include encryption otherwise, and the error says how it can change", () => {
    const change = ["podCidr a\\nencryptSecrets false\\n", "podCidr a\\nencryptSecrets true"] as const;
    expect(judge(...change, "refuse_change", 1)).toMatch(
      /set them back\. encryptSecrets alone can change if .*keyGeneration/,
    );
    expect(judge("podCidr a\\n", "podCidr b", "refuse_change", 1)).toMatch(
      /set them back\.\n-podCidr a\n\+podCidr b \[KK714\]/,
    );
  });
});
