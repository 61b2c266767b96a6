import * as pulumi from "@pulumi/pulumi";

import { recordedResources } from "../../../stacks/recordedResources";

const answer = (call: (stackName: unknown) => object) =>
  pulumi.runtime.setMocks(
    {
      newResource: () => ({ id: "", state: {} }),
      call: ({ inputs }) => call((inputs as { stackName: unknown }).stackName),
    },
    "kubeadm-kafka",
    "dev",
    true,
    "acme",
  );

test("a stack's resources are read from its own state, whichever organization is the default", async () => {
  const set = { type: "kubernetes:apps/v1:StatefulSet", outputs: { metadata: { name: "kafka" } } };
  await answer((stackName) => (stackName === "acme/kubeadm-kafka/dev" ? { outputs: { "urn:…::kafka": set } } : {}));
  expect(await recordedResources()).toEqual([set]);
});

test("a state that can't be read is no new stack", async () => {
  await answer(() => {
    throw new Error("there is no such stack");
  });
  expect(await recordedResources()).toEqual({ unread: expect.any(String) as string });
});
