import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { composeScript } from "../../../components/cluster/hostScript";
import { prepareInputs } from "../../../components/cluster/steps/preparePlan";
import type { KubeletSettings } from "../../../components/hosts/host";

// A generous limit, since the machine may be busy.
jest.setTimeout(120_000);

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "kubelet-"));
afterAll(() => fs.rmSync(temporary, { recursive: true }));

/** A worker with kubeadm, a kubelet that rejects one setting, and an API server that records the kubelet's starts. */
class Machine {
  private readonly dir = fs.mkdtempSync(path.join(temporary, "machine-"));
  private readonly kubelet = path.join(this.dir, "var/lib/kubelet/config.yaml");
  private readonly applied = path.join(this.dir, "var/lib/kubeadm-kafka/applied/prepare");

  constructor(isNode: boolean) {
    const folders = ["bin", "run/lock", "log", "etc/kubernetes", "var/lib/kubelet", "var/lib/kubeadm-kafka/patches"];
    for (const folder of folders) fs.mkdirSync(path.join(this.dir, folder), { recursive: true });
    for (const [name, script] of Object.entries(programs)) {
      fs.writeFileSync(path.join(this.dir, "bin", name), `#!/bin/bash\n${script}`, { mode: 0o755 });
    }
    if (!isNode) return;
    fs.writeFileSync(path.join(this.dir, "etc/kubernetes/kubelet.conf"), "");
    for (const [name, text] of [
      ["state", "active"],
      ["heartbeat", "1"],
    ] as const) {
      fs.writeFileSync(path.join(this.dir, name), text);
    }
  }

  prepare(kubelet: KubeletSettings | undefined): { status: number; stderr: string; starts: number } {
    const host = { name: "worker", role: "worker", address: "10.0.0.2", kubelet } as const;
    const settings = { version: "1.34.4", endpoint: "", podCidr: "", serviceCidr: "", volumesPath: "", podImages: [] };
    const inputs = prepareInputs(host, { ...settings, scheduleOnControlPlane: true, encryptSecrets: true }, false, {
      kind: "upstream",
    });
    const script = composeScript("worker", { name: "prepare", create: ["lib/kubelet"] }, inputs)
      .replace("\n;;", "\nbegin\napplied hostname\nset_kubelet\nkeep_applied\n;;")
      .replaceAll(/\/(run|etc\/kubernetes|var\/lib)\//g, `${this.dir}/$1/`)
      .replaceAll("/var/log/", `${this.dir}/log/`)
      .replace("RECORD=/var/lib", `RECORD=${this.dir}/var/lib`);
    const env = { PATH: `${this.dir}/bin:${process.env.PATH}`, DIR: this.dir, KUBELET_CONFIG: this.kubelet };
    const before = this.starts;
    const { status, stderr } = spawnSync("bash", ["-s", "--", "create"], { input: script, encoding: "utf8", env });
    return { status: status!, stderr, starts: this.starts - before };
  }

  get config(): string {
    return fs.existsSync(this.kubelet) ? fs.readFileSync(this.kubelet, "utf8") : "";
  }

  set config(text: string) {
    fs.writeFileSync(this.kubelet, text);
  }

  /** The settings that kubeadm uses at the next join or upgrade. */
  get patches(): string[] {
    const folder = path.join(this.dir, "var/lib/kubeadm-kafka/patches");
    return fs.readdirSync(folder).map((name) => fs.readFileSync(path.join(folder, name), "utf8"));
  }

  /** Files that `make drift` compares. */
  get compared(): string[] {
    return [...fs.readFileSync(this.applied, "utf8").matchAll(/^file \S+\/(\S+) \S+$/gm)].map(([, name]) => name!);
  }

  private get starts(): number {
    const file = path.join(this.dir, "starts");
    return fs.existsSync(file) ? fs.readFileSync(file, "utf8").length : 0;
  }
}

const programs = {
  kubeadm: 'cat "${@: -1}"/* >"$KUBELET_CONFIG" 2>/dev/null || true',
  systemctl: `
    case $1 in
    restart)
      printf x >>"$DIR/starts"
      if grep --quiet '"imageGCLowThresholdPercent":100' "$KUBELET_CONFIG"; then echo failed; else
        echo active
        echo $(($(<"$DIR/heartbeat") + 1)) >"$DIR/heartbeat"
      fi >"$DIR/state"
      ;;
    is-active) [[ $(<"$DIR/state") == active ]] ;;
    esac`,
  kubectl: 'echo "$(<"$DIR/heartbeat") True"',
  journalctl: 'echo "command failed: 100 must be less than 85"',
};

const settings = { maxPods: 50 };
const succeeded = (starts: number) => ({ status: 0, stderr: "", starts });

test("a host that isn't a node yet becomes one with its settings", () => {
  const machine = new Machine(false);
  expect(machine.prepare(settings)).toEqual(succeeded(0));
  expect(machine.patches).toEqual(['{"maxPods":50}\n']);
});

test("a node's kubelet restarts if its settings change, and only then", () => {
  const machine = new Machine(true);
  expect(machine.prepare(settings)).toEqual(succeeded(1));
  expect(machine.config).toBe('{"maxPods":50}\n');
  expect(machine.prepare(settings)).toEqual(succeeded(0));
  expect(machine.prepare({ maxPods: 60 })).toEqual(succeeded(1));
  expect(machine.config).toBe('{"maxPods":60}\n');
});

test("settings removed from the config are removed, and a node that never had any stays unchanged", () => {
  const machine = new Machine(true);
  expect(machine.prepare(undefined)).toEqual(succeeded(0));
  machine.prepare(settings);
  expect(machine.prepare({})).toEqual(succeeded(1));
  expect({ config: machine.config, patches: machine.patches }).toEqual({ config: "", patches: [] });
  expect(machine.prepare(undefined)).toEqual(succeeded(0));
});

test("settings that the kubelet refuses are reverted, and the end of its log says why", () => {
  const machine = new Machine(true);
  machine.prepare(settings);
  const { status, stderr, starts } = machine.prepare({ imageGCLowThresholdPercent: 100 });
  expect({ status, starts }).toEqual({ status: 1, starts: 2 });
  expect(stderr).toContain('before again: {"imageGCLowThresholdPercent":100}\ncommand failed: 100 must be less');
  expect(stderr).toContain("[KK728]");
  expect({ config: machine.config, patches: machine.patches }).toEqual({
    config: '{"maxPods":50}\n',
    patches: ['{"maxPods":50}\n'],
  });
});

test("an edited file is drift, and is corrected", () => {
  const machine = new Machine(true);
  machine.prepare(settings);
  expect(machine.compared).toEqual(["kubeletconfiguration-host+merge.json", "config.yaml"]);
  machine.config = '{"maxPods":9}\n';
  expect(machine.prepare(settings)).toEqual(succeeded(1));
  expect(machine.config).toBe('{"maxPods":50}\n');
});
