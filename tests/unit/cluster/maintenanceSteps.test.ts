import * as pulumi from "@pulumi/pulumi";

import { type Maintenance, NO_MAINTENANCE } from "../../../components/cluster/maintenancePlan";
import type * as versionsOnNodes from "../../../components/cluster/versionsOnNodes";
import { outputsOf } from "../../support/standIns";
import { declareTwoHosts } from "../../support/twoHosts";

const mockAsked: string[] = [];
jest.mock("../../../components/cluster/versionsOnNodes", (): typeof versionsOnNodes => ({
  ...jest.requireActual<typeof versionsOnNodes>("../../../components/cluster/versionsOnNodes"),
  dueMaintenance: ({ kubeconfig }) =>
    jest.requireActual<typeof pulumi>("@pulumi/pulumi").unsecret(
      kubeconfig.apply((): versionsOnNodes.DueMaintenance => {
        mockAsked.push("asked");
        return { isDue: true, tasks: { worker: { boot: "a", updates: "runc=2" } } };
      }),
    ),
}));

interface Step {
  readonly stdin: string;
  /** A secret. */
  readonly connection: { readonly value: { readonly dialErrorLimit: number } };
}

/** The steps of a cluster of two hosts, by name, and the names in their order, with `asked` where the API server was. */
async function declare(maintenance: Maintenance, slow = "") {
  mockAsked.splice(0);
  const steps = new Map<string, Step>();
  await pulumi.runtime.setMocks({
    newResource: async ({ type, name, inputs }) => {
      if (name === slow) await new Promise((resolve) => setTimeout(resolve, 300));
      if (type.startsWith("command:remote")) {
        steps.set(name, inputs as Step);
        mockAsked.push(name);
      }
      return { id: name, state: outputsOf({ type, name, inputs }) };
    },
    call: ({ inputs }) => inputs,
  });
  await declareTwoHosts({}, { maintenance });
  const inputOf = (step: string, input: string) =>
    new RegExp(`^${input}='(.*)'$`, "m").exec(steps.get(`c-${step}`)!.stdin)![1];
  return { steps, inputOf, order: [...mockAsked] };
}

const all: Maintenance = { reboot: "when-needed", updates: "newest" };

test("a host's three steps get its task, and other hosts' steps get none", async () => {
  const { inputOf } = await declare(all);
  for (const step of ["before-upgrade", "upgrade", "after-upgrade"]) {
    expect([inputOf(`worker-${step}`, "BOOT"), inputOf(`worker-${step}`, "UPDATES")]).toEqual(["a", "runc=2"]);
    expect([inputOf(`master-${step}`, "BOOT"), inputOf(`master-${step}`, "UPDATES")]).toEqual(["", ""]);
  }
});

test("without maintenance no step has a task, whatever the API server says, and no host reports", async () => {
  const { inputOf, steps } = await declare(NO_MAINTENANCE);
  expect([inputOf("worker-upgrade", "BOOT"), inputOf("worker-upgrade", "UPDATES")]).toEqual(["", ""]);
  expect(inputOf("worker-prepare", "REPORTER")).toBe("");
  expect(steps.get("c-master-after-upgrade")!.connection.value.dialErrorLimit).toBe(3);
});

test("what is due is asked once all hosts' preparations have let them report", async () => {
  const { order, steps } = await declare(all, "c-worker-prepare");
  expect(order.indexOf("asked")).toBeGreaterThan(order.indexOf("c-worker-prepare"));
  expect(steps.get("c-worker-prepare")!.stdin).toContain("LOOK_FOR_UPDATES=");
});

test("steps on a control plane wait for its own reboot, of a physical machine as well; no other step waits longer", async () => {
  const { steps } = await declare({ ...all, updates: "never" });
  const limits = ["master-after-upgrade", "worker-before-upgrade", "master-upgrade", "worker-prepare"].map(
    (step) => steps.get(`c-${step}`)!.connection.value.dialErrorLimit,
  );
  expect(limits).toEqual([360, 360, 3, 3]);
});
