import * as pulumi from "@pulumi/pulumi";

import type { KubeadmClusterArgs } from "../../../components/cluster/kubeadmClusterArgs";
import { existingHosts } from "../../../components/hosts/existingHosts";
import { upgradedBefore } from "../../../components/cluster/steps/upgradePlan";
import type * as versionsOnNodes from "../../../components/cluster/versionsOnNodes";
import { outputsOf } from "../../support/standIns";
import { declareTwoHosts } from "../../support/twoHosts";

let mockDue: Promise<boolean>;
jest.mock("../../../components/cluster/versionsOnNodes", (): typeof versionsOnNodes => ({
  ...jest.requireActual<typeof versionsOnNodes>("../../../components/cluster/versionsOnNodes"),
  dueMaintenance: () =>
    jest
      .requireActual<typeof pulumi>("@pulumi/pulumi")
      .output(mockDue.then((isDue): versionsOnNodes.DueMaintenance => ({ isDue, tasks: {} }))),
}));

const noticed = () => new Promise((resolve) => setTimeout(resolve, 300));

/** Steps of a cluster of two hosts, in order. @param slow the step that takes longer than all others together */
async function steps(
  due: Promise<boolean>,
  slow: string,
  settings: Partial<KubeadmClusterArgs> = {},
): Promise<string[]> {
  mockDue = due;
  const did: string[] = [];
  await pulumi.runtime.setMocks({
    newResource: async ({ type, name, inputs }) => {
      if (name === slow) await noticed();
      if (type.startsWith("command:remote") || type.startsWith("pulumi:providers")) did.push(name);
      return { id: name, state: outputsOf({ type, name, inputs }) };
    },
    call: ({ inputs }) => inputs,
  });
  await declareTwoHosts({}, { beforeMarks: (kubeconfig) => kubeconfig.apply(() => undefined), ...settings });
  return did;
}

const chain = [
  "c-master-before-upgrade",
  "c-master-upgrade",
  "c-master-after-upgrade",
  "c-worker-admit",
  "c-worker-join",
  "c-worker-before-upgrade",
  "c-worker-upgrade",
  "c-worker-after-upgrade",
  "c", // the provider of the cluster's objects
];

describe("if an upgrade is due", () => {
  test.each(chain.slice(0, -1))("everything behind it waits for %s", async (slow) => {
    const did = await steps(Promise.resolve(true), slow);
    expect(did.filter((name) => chain.includes(name))).toEqual(chain);
  });

  test("the first host waits until all have fetched what is installed", async () => {
    const did = await steps(Promise.resolve(true), "c-worker-prepare");
    expect(did.indexOf("c-worker-prepare")).toBeLessThan(did.indexOf("c-master-before-upgrade"));
  });

  test("it begins when the settings and certificates of all control planes are applied, which restarts their pods", async () => {
    const hosts = () =>
      existingHosts(
        {
          hosts: ["master", "master-2", "master-3"].map((name, index) => ({
            name,
            role: "control-plane" as const,
            address: `10.0.0.${index + 4}`,
            ssh: { hostKey: "ssh-ed25519 AAAA" },
          })),
          ssh: { user: "root", port: 22, agent: true },
          privateKey: pulumi.output(""),
        },
        {},
      );
    const did = await steps(Promise.resolve(true), "c-master-3-certificates", { hosts: hosts() });
    expect(did.indexOf("c-master-3-certificates")).toBeLessThan(did.indexOf("c-master-before-upgrade"));
    expect(did).toContain("c-master-3-certificates");
  });

  test("labels and taints are set afterwards", async () =>
    expect((await steps(Promise.resolve(true), "c-worker-after-upgrade")).slice(-2).sort()).toEqual([
      "c",
      "c-worker-labels",
    ]));
});

describe("the exchange of the key of Secrets", () => {
  const keyed = { secretsEncryption: { keyGeneration: 2, provider: "secretbox" } } as const;
  const exchange = ["c-master-key-add", "c-master-key-use", "c-master-key-drop"];

  test.each(["c-master-after-upgrade", ...exchange])(
    "follows the control planes' upgrade, and %s precedes workers",
    async (slow) => {
      const order = ["c-master-after-upgrade", ...exchange, "c-worker-admit", "c-worker-join", "c"];
      const did = await steps(Promise.resolve(true), slow, keyed);
      expect(did.filter((name) => order.includes(name))).toEqual(order);
    },
  );

  test("waits for no upgrade if none is due, and for the control planes' certificates", async () => {
    const did = await steps(Promise.resolve(false), "c-master-upgrade", keyed);
    expect(did.indexOf("c-master-key-drop")).toBeLessThan(did.indexOf("c-master-upgrade"));
    const slowly = await steps(Promise.resolve(false), "c-master-certificates", keyed);
    expect(slowly.indexOf("c-master-certificates")).toBeLessThan(slowly.indexOf("c-master-key-add"));
  });
});

test.each(["c-master-control-plane-config", "c-master-certificates"])(
  "workers' steps ask the API server after its restart, for new settings or certificates: %s",
  async (restart) => {
    const did = await steps(Promise.resolve(false), restart);
    expect(did.indexOf(restart)).toBeLessThan(did.indexOf("c-worker-admit"));
    expect(did).toContain(restart);
  },
);

test("if none is due, no host waits for another's steps, and the cluster's objects wait for none", async () => {
  const did = await steps(Promise.resolve(false), "c-master-upgrade");
  expect(did.slice(-2)).toEqual(["c-master-upgrade", "c-master-after-upgrade"]);
});

test("control planes go before workers, one at a time, in the config's order", () => {
  const [planes, workers] = [
    ["a", "b", "c"],
    ["x", "y"],
  ];
  const before = [...planes, ...workers].map((host) => upgradedBefore(host, planes, workers));
  expect(before).toEqual([undefined, "a", "b", "c", "x"]);
});
