import * as pulumi from "@pulumi/pulumi";

import type * as hostReport from "../../../components/cluster/hostReport";
import { outputsOf } from "../../support/standIns";
import { declareTwoHosts } from "../../support/twoHosts";

/** Errors that would end the program. Without this, jest would treat the rejections as its own. */
const mockStops = new Set<string>();
jest.mock("../../../components/cluster/hostReport", (): typeof hostReport => {
  const real = jest.requireActual<typeof hostReport>("../../../components/cluster/hostReport");
  return {
    ...real,
    checkRun: (...args) => {
      try {
        real.checkRun(...args);
      } catch (error) {
        mockStops.add((error as Error).message);
      }
    },
  };
});

/** Errors that stop the `up` of a cluster of two hosts if a step's script has this text and prints that output. */
async function stoppedBy(step: string, printed: string, script?: string): Promise<string[]> {
  mockStops.clear();
  await pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs }) => {
      const state = outputsOf({ type, name, inputs });
      if (name === step) Object.assign(state, { stdout: printed }, script !== undefined && { stdin: script });
      return { id: name, state };
    },
    call: ({ inputs }) => inputs,
  });
  await declareTwoHosts();
  await new Promise((resolve) => setImmediate(resolve)); // what depends on the last outputs
  return [...mockStops];
}

describe("a step whose login never ran it fails, even with status 0", () => {
  test.each([
    ["c-master-prepare", "master"],
    ["c-worker-prepare", "worker"],
    ["c-master-control-plane", "master"],
    ["c-worker-join", "worker"],
    ["c-worker-before-upgrade", "master"],
    ["c-worker-upgrade", "worker"],
    ["c-worker-after-upgrade", "master"],
    ["c-worker-labels", "master"],
  ])("%s", async (step, host) => {
    const [message, ...others] = await stoppedBy(step, "Bye\n");
    expect(others).toEqual([]);
    expect(message).toMatch(/^[a-z]+: [a-z-]+: the script's result isn't there; its login printed "Bye\\n"\. /);
    expect(message!.split(":")[0]).toBe(host);
    expect(message).toContain(`bin/pulumi up --target-replace '**::${step}' [KK782]`);
  });

  test("a step of an earlier version, which had no marks, succeeds", async () => {
    expect(await stoppedBy("c-worker-join", "Welcome\n", "kubeadm join")).toEqual([]);
  });

  test("no step is reported if all ran", async () => expect(await stoppedBy("", "")).toEqual([]));
});
