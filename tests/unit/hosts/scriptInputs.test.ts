import * as pulumi from "@pulumi/pulumi";

import { KubeadmCluster } from "../../../components/cluster/kubeadmCluster";
import { ContainerHosts } from "../../../components/hosts/containerHosts";
import { existingHosts } from "../../../components/hosts/existingHosts";
import { scriptHeader } from "../../../docs/generate/scriptHeader";
import { clusterSettings } from "../../support/preflight";
import { variablesRead } from "../../support/scriptVariables";
import { outputsOf } from "../../support/standIns";
import { declareGcp } from "./declaredOnGcp";
import { exampleOnGcp } from "./exampleOnGcp";

jest.setTimeout(60_000);

interface Run {
  readonly scripts: readonly string[];
  /** Names of the variables in a command's environment. */
  readonly given: readonly string[];
}

/** Local commands that run a script of this repository, by name. */
const runs = new Map<string, Run>();

function note(name: string, { create, environment = {} }: Record<string, any>): void {
  const texts = Object.keys(environment).filter((key) => key.startsWith("SCRIPT_"));
  const scripts = texts.length > 0 ? texts.map((key) => String(environment[key])) : [String(create)];
  if (!scripts[0]!.startsWith("#!")) return;
  runs.set(name, {
    scripts,
    given: Object.keys(environment)
      .filter((key) => !texts.includes(key))
      .sort(),
  });
}

beforeAll(async () => {
  await pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs }) => {
      if (type === "command:local:Command") note(name, inputs);
      return { id: name, state: outputsOf({ type, name, inputs }) };
    },
    call: ({ inputs }) => inputs,
  });
  await pulumi.runtime.runInPulumiStack(async () => {
    const container = { name: "container", role: "worker" } as const;
    new ContainerHosts("containers", { hosts: [container], image: "image", guardedRanges: [] }, {});
    const ssh = { user: "root", port: 22, agent: true };
    const master = { name: "master", role: "control-plane", address: "10.0.0.4", ssh: { hostKey: "learn" } } as const;
    const hosts = existingHosts({ hosts: [master], ssh, privateKey: pulumi.output("") }, {});
    const address = pulumi.output("10.0.0.100");
    const loadBalancer = { apiServer: pulumi.output("10.0.0.100:6443"), address, dependsOn: [] };
    const settings = { ...clusterSettings, podImages: [], source: { kind: "upstream" }, packages: "remove" } as const;
    new KubeadmCluster("c", { ...settings, hosts, loadBalancer });
    return {};
  });
  await pulumi.runtime.disconnect();
  const { declared } = await declareGcp(exampleOnGcp());
  for (const { type, name, inputs } of declared) if (type === "command:local:Command") note(name, inputs);
});

test("every kind of script that runs where Pulumi runs is checked", () => {
  const kinds = ["load-balancer", "container", "introduction", "network", "one-at-a-time", "ssh-key", "host-key"];
  const found = [...runs.keys()].map((name) => kinds.find((kind) => name.endsWith(kind)) ?? name);
  expect(new Set(found)).toEqual(new Set(kinds));
});

test("a script's inputs are exactly the variables that it reads", () => {
  for (const [name, { scripts, given }] of runs) {
    const read = [...new Set(scripts.flatMap(variablesRead))].sort();
    expect({ name, read }).toEqual({ name, read: given });
  }
});

test("each script's header names exactly the inputs that this script reads", () => {
  for (const [name, { scripts }] of runs)
    for (const script of scripts) {
      const { purpose, inputs } = scriptHeader(script);
      const read = [...new Set(variablesRead(script))].sort();
      expect({ name, purpose, inputs: [...inputs].sort() }).toEqual({ name, purpose, inputs: read });
    }
});
