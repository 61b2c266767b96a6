import { addresses, addressesOf, ANY_POD, podsOfNamespaces, ranges } from "../../../components/network/policyPlan";

const node = (address: string, annotations: Record<string, string> = {}) => ({
  metadata: { name: "worker", annotations },
  status: {
    addresses: [
      { type: "InternalIP", address },
      { type: "Hostname", address: "worker" },
    ],
  },
});

test("a process on a node has the node's address, or the one that Calico gave to its end of the tunnels", () => {
  const vxlan = node("10.0.0.5", { "projectcalico.org/IPv4VXLANTunnelAddr": "10.244.171.64" });
  const ipip = node("10.0.0.4", { "projectcalico.org/IPv4IPIPTunnelAddr": "10.244.219.0", other: "10.9.9.9" });
  expect(addressesOf([vxlan, ipip, { metadata: { name: "new" } }])).toEqual([
    "10.0.0.4",
    "10.0.0.5",
    "10.244.171.64",
    "10.244.219.0",
  ]);
});

test("what a node gives itself that is no IPv4 address opens no range, and fails no policy", () => {
  const tunnel = { "projectcalico.org/IPv4VXLANTunnelAddr": "10.244.0.0/16" };
  const [other, own] = [node("fd00::5", tunnel), node("10.0.0.5", { "projectcalico.org/IPv4IPIPTunnelAddr": "" })];
  expect(addressesOf([other, own])).toEqual(["10.0.0.5"]);
});

test("the order of nodes changes no policy", () => {
  const cidrs = (each: readonly string[]) => addresses(each);
  expect(cidrs(["10.0.0.5", "10.0.0.4", "10.0.0.5"])).toEqual(ranges(["10.0.0.4/32", "10.0.0.5/32"]));
  expect(cidrs(["10.0.0.4", "10.0.0.5"])).toEqual(cidrs(["10.0.0.5", "10.0.0.4"]));
});

test("* stands for every namespace, and no namespace for no pod", () => {
  expect(podsOfNamespaces(["apps", "*"])).toEqual([ANY_POD]);
  expect(podsOfNamespaces([])).toEqual([]);
});
