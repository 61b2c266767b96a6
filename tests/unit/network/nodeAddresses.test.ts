import { Unreachable } from "../../../components/cluster/unreachable";
import { readAddresses } from "../../../components/network/nodeAddresses";

const failing = (error: Error) => ({ list: () => Promise.reject(error) });

test("addresses are those of all nodes", async () => {
  const nodes = [{ metadata: {}, status: { addresses: [{ type: "InternalIP", address: "10.0.0.4" }] } }];
  expect(await readAddresses({ list: <T>() => Promise.resolve(nodes as T[]) })).toEqual(["10.0.0.4"]);
});

test("an API server that doesn't answer is told from a cluster without nodes", async () => {
  const found = await readAddresses(failing(new Unreachable("connect ECONNREFUSED")));
  expect(found).toEqual({ failure: expect.stringContaining("ECONNREFUSED") as string });
  expect(await readAddresses({ list: () => Promise.resolve([]) })).toEqual([]);
});

test("a mistake in the program counts as no silence of the API server", async () => {
  await expect(readAddresses(failing(new TypeError("of ours")))).rejects.toThrow("of ours");
});
