import * as pulumi from "@pulumi/pulumi";

import { ContainerHosts } from "../../../components/hosts/containerHosts";
import { outputsOf } from "../../support/standIns";

jest.setTimeout(60_000);

test("a container's size changes with its memory and its CPUs, and is unknown without limits", async () => {
  await pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs }) => ({ id: name, state: outputsOf({ type, name, inputs }) }),
    call: ({ inputs }) => inputs as Record<string, unknown>,
  });
  const limits = [{}, { memory: "3g" }, { cpus: 2 }, { memory: "3g", cpus: 2 }, { memory: "4g", cpus: 2 }];
  let sizes: (string | undefined)[] = [];
  await pulumi.runtime.runInPulumiStack(async () => {
    const listed = limits.map((each, index) => ({ name: `host-${index}`, role: "worker" as const, ...each }));
    sizes = new ContainerHosts("hosts", { hosts: listed, image: "image", guardedRanges: [] }, {}).hosts.map(
      ({ size }) => size,
    );
  });
  await pulumi.runtime.disconnect();
  expect(sizes[0]).toBeUndefined();
  expect(new Set(sizes).size).toBe(limits.length);
});
