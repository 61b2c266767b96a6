import * as pulumi from "@pulumi/pulumi";

import { keptVersions } from "../../../stacks/keptVersions";

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

test("versions and openness of a stack are read from its own state, whichever organization is the default", async () => {
  const image = "docker.io/apache/kafka:4.3.0";
  const set = { spec: { template: { spec: { containers: [{ image }] } } } };
  await answer((stackName) =>
    stackName === "acme/kubeadm-kafka/dev"
      ? {
          outputs: {
            "urn:…::kafka": { type: "kubernetes:apps/v1:StatefulSet", outputs: set },
            "urn:…Namespace::kafka": { type: "kubernetes:core/v1:Namespace", outputs: { metadata: { name: "kafka" } } },
          },
        }
      : {},
  );
  expect(await keptVersions()).toEqual({ kafka: "4.3.0", network: "open" });
});

test("a state that can't be read is no new stack", async () => {
  await answer(() => {
    throw new Error("there is no such stack");
  });
  expect(await keptVersions()).toEqual({ unread: expect.any(String) as string });
});
