import * as pulumi from "@pulumi/pulumi";

import { Unreachable } from "../../../components/cluster/unreachable";
import { addressesOfNodes, readAddresses } from "../../../components/network/nodeAddresses";

const failing = (error: Error) => ({ list: () => Promise.reject(error) });
const listed = [{ name: "master", address: "10.0.0.4" }];

test("addresses are those of the listed nodes, and of none that is about to leave", async () => {
  const node = (name: string, address: string) => ({
    metadata: { name },
    status: { addresses: [{ type: "InternalIP", address }] },
  });
  const nodes = [node("master", "10.0.0.4"), node("leaving", "10.0.0.5")];
  expect(await readAddresses({ list: <T>() => Promise.resolve(nodes as T[]) }, listed)).toEqual(["10.0.0.4"]);
});

describe("if the API server can't be asked", () => {
  const addresses = async (isPreview: boolean, recorded: string[]): Promise<string[]> => {
    await pulumi.runtime.setMocks(
      { newResource: () => ({ id: "", state: {} }), call: () => ({}) },
      "kubeadm-kafka",
      "dev",
      isPreview,
    );
    const kubeconfig = pulumi.secret("apiVersion: v1\nkind: Config");
    const found = addressesOfNodes({ kubeconfig, nodes: pulumi.output(listed), after: [], recorded });
    return new Promise((resolve) => found.apply(resolve));
  };

  test.each([
    ["an up", false],
    ["a preview", true],
  ])("%s keeps the tunnels' addresses that the state has", async (_what, isPreview) => {
    expect(await addresses(isPreview, ["10.0.0.4", "10.244.171.64"])).toEqual(["10.0.0.4", "10.244.171.64"]);
  });

  test("an up without a record has the nodes' own", async () => {
    expect(await addresses(false, [])).toEqual(["10.0.0.4"]);
  });
});

test("an API server that doesn't answer is told from a cluster without nodes", async () => {
  const found = await readAddresses(failing(new Unreachable("connect ECONNREFUSED")), listed);
  expect(found).toEqual({ failure: expect.stringContaining("ECONNREFUSED") as string });
  expect(await readAddresses({ list: () => Promise.resolve([]) }, listed)).toEqual([]);
});

test("a mistake in the program counts as no silence of the API server", async () => {
  await expect(readAddresses(failing(new TypeError("of ours")), listed)).rejects.toThrow("of ours");
});
