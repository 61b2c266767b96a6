import { globSync } from "node:fs";
import * as path from "node:path";

import * as pulumi from "@pulumi/pulumi";

import { actions, type HostAction } from "../../../components/cluster/actions";
import { driftInputs } from "../../../components/cluster/drift/plan";
import { ofCluster, restoreInputs } from "../../../components/cluster/restore/plan";
import { restoreRequest } from "../../../components/cluster/restore/requestPlan";
import type * as hostScript from "../../../components/cluster/hostScript";
import { ControlPlaneBackups } from "../../../components/cluster/controlPlaneBackups";
import { KubeadmCluster } from "../../../components/cluster/kubeadmCluster";
import { PodNetworkCheck } from "../../../components/cluster/podNetworkCheck";
import { existingHosts } from "../../../components/hosts/existingHosts";
import { scriptHeader } from "../../../docs/generate/scriptHeader";
import { clusterSettings } from "../../support/preflight";
import { mentions, variablesRead, variablesSet } from "../../support/scriptVariables";
import { outputsOf } from "../../support/standIns";

/** Names of the inputs of each action, once per declaration. */
const mockGiven = new Map<HostAction, string[][]>();
jest.mock("../../../components/cluster/hostScript", (): typeof hostScript => {
  const real = jest.requireActual<typeof hostScript>("../../../components/cluster/hostScript");
  return {
    ...real,
    composeScript: (host, action, inputs) => {
      mockGiven.set(action, [...(mockGiven.get(action) ?? []), Object.keys(inputs).sort()]);
      return real.composeScript(host, action, inputs);
    },
  };
});
const { composeScript, readScript } = jest.requireActual<typeof hostScript>("../../../components/cluster/hostScript");

/** Declares a cluster with two control planes, a worker and a lost worker, which has every step except drift's. */
beforeAll(async () => {
  await pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs }) => ({ id: name, state: outputsOf({ type, name, inputs }) }),
    call: ({ inputs }) => inputs,
  });
  await pulumi.runtime.runInPulumiStack(async () => {
    const ssh = { hostKey: "ssh-ed25519 AAAA" };
    const hosts = existingHosts(
      {
        hosts: [
          { name: "master", role: "control-plane", address: "10.0.0.4", ssh },
          { name: "second", role: "control-plane", address: "10.0.0.5", ssh },
          { name: "worker", role: "worker", address: "10.0.0.6", ssh },
          { name: "lost", role: "worker", address: "10.0.0.7", ssh, lost: true },
        ],
        ssh: { user: "root", port: 22, agent: true },
        privateKey: pulumi.output(""),
      },
      {},
    );
    const settings = {
      ...clusterSettings,
      secretsEncryption: { keyGeneration: 1, provider: "secretbox" },
      authorityGeneration: 1,
      podImages: [],
      source: { kind: "mirror", url: "http://10.0.0.2", key: "A".repeat(40) },
      packages: "remove",
    } as const;
    const backups = { enabled: true, every: "6h", keep: { count: 12, days: 30 } };
    const cluster = new KubeadmCluster("c", { ...settings, hosts });
    const workload = { known: "kafka: 1", resource: cluster };
    new ControlPlaneBackups("backups", { cluster, settings: backups, workload }, {});
    new PodNetworkCheck("check", { cluster, agents: [] }, {});
    return {};
  });
  await pulumi.runtime.disconnect();
  const host = { name: "worker", connection: { host: "", hostKey: "" }, prefix: "c-worker", steps: ["prepare"] };
  mockGiven.set(actions.drift, [Object.keys(driftInputs(host))]);
  mockGiven.set(actions.cis, [[]]);
  const cluster = { identity: "", authority: "", key: undefined, controlPlanes: [host], joined: [], moved: [] };
  mockGiven.set(actions.listBackups, [Object.keys(ofCluster(cluster))]);
  mockGiven.set(actions.findVolumes, [Object.keys(ofCluster(cluster))]);
  mockGiven.set(actions.expectBackup, [Object.keys(ofCluster(cluster))]);
  mockGiven.set(actions.restore, [Object.keys(restoreInputs(cluster, restoreRequest("", "", ""), ""))]);
});

const scriptsOf = ({ create = [], delete: undo = [] }: HostAction): string[] => [...new Set([...create, ...undo])];
const isLibrary = (script: string): boolean => script.startsWith("lib/");
const inputsOf = (script: string): readonly string[] => scriptHeader(readScript(script)).inputs;

/**
 * Inputs that every script may read, from the header of lib.sh. No script reads MACHINE, WINDOW, BEGUN or KNOWN, which make another
 * machine, another window of time, an upgrade that has begun, or what a backup has to know, a change.
 */
const forAll = [...inputsOf("lib/lib"), "MACHINE", "WINDOW", "BEGUN", "KNOWN"];
const all = Object.entries<HostAction>(actions);

describe.each(all)("%s", (_key, action) => {
  const given = (): string[] => mockGiven.get(action)![0]!.filter((name) => !forAll.includes(name));
  const complete = scriptsOf(action).filter((script) => !isLibrary(script));

  test("gets the same inputs wherever it is declared", () => {
    expect([...new Set(mockGiven.get(action)!.map((names) => names.join(" ")))]).toHaveLength(1);
  });

  test("gets all inputs that its scripts' headers name", () => {
    expect(given()).toEqual(expect.arrayContaining(complete.flatMap(inputsOf)));
  });

  test("gets no other input", () => {
    expect(scriptsOf(action).flatMap(inputsOf)).toEqual(expect.arrayContaining(given()));
  });

  test("has the name of its last script", () => {
    for (const scripts of [action.create, action.delete]) if (scripts) expect(scripts.at(-1)).toBe(action.name);
  });
});

test("every action gets the inputs that lib.sh lists for all", () => {
  const composed = composeScript("worker", actions.leave, { CLUSTER: "", AT: "" });
  expect(variablesSet(composed.slice(0, composed.indexOf("#!")))).toEqual(
    expect.arrayContaining([...inputsOf("lib/lib")]),
  );
});

const files = globSync("**/*.sh", { cwd: path.join(__dirname, "../../../components/cluster/scripts") });
const scripts = files.map((file) => file.replace(/\.sh$/, "")).filter((script) => script !== "lib/lib");

describe.each(scripts)("the header of %s", (script) => {
  const text = readScript(script);
  const users = all.map(([, action]) => action).filter((action) => scriptsOf(action).includes(script));

  test("names all variables that the script reads", () => {
    const given = [...inputsOf(script), ...forAll, ...variablesSet(readScript("lib/lib"))];
    expect(variablesRead(text).filter((name) => !given.includes(name))).toEqual([]);
  });

  test("names only variables that the script or a library before it reads", () => {
    const before = isLibrary(script) ? [] : [...users.flatMap(scriptsOf).filter(isLibrary), "lib/lib"];
    const texts = [text, ...before.map(readScript)];
    expect(inputsOf(script).filter((name) => !texts.some((each) => mentions(each, name)))).toEqual([]);
  });

  test("names only inputs that some action gives", () => {
    const given = users.flatMap((action) => mockGiven.get(action)![0]!);
    if (users.length > 0) expect(given).toEqual(expect.arrayContaining([...inputsOf(script)]));
  });
});

test("every script in the folder is used", () => {
  const used = new Set(all.flatMap(([, action]) => scriptsOf(action)));
  // Pulumi runs two of these where it runs itself, and a timer on the hosts the other.
  const elsewhere = ["create-backup-key", "take-backup", "wait-for-load-balancer"];
  expect(scripts.filter((script) => !used.has(script)).sort()).toEqual(elsewhere);
});

test("scripts are named in one style", () => {
  for (const script of scripts) expect(script).toMatch(/^(lib\/)?[a-z]+(-[a-z]+)*$/);
});
