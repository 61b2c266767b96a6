import { recordedHosts, recordedNetwork } from "../../../stacks/recordedNetwork";

const object = (kind: string, name: string, labels = {}, namespace = "") => ({
  type: `kubernetes:${kind}`,
  outputs: { metadata: { name, labels, namespace } },
});
const namespaceOf = (level?: string) =>
  object("core/v1:Namespace", "kafka", level === undefined ? {} : { "pod-security.kubernetes.io/enforce": level });
const storage = object("core/v1:Namespace", "local-path-storage", {
  "pod-security.kubernetes.io/enforce": "privileged",
});
const id = object("core/v1:ConfigMap", "kafka-kafka-cluster-id");
const policy = object("networking.k8s.io/v1:NetworkPolicy", "deny-all", {}, "local-path-storage");
const theirs = object("networking.k8s.io/v1:NetworkPolicy", "deny-all", {}, "orders");

test.each([
  ["a stack without Kafka yet is new, however far its first up came", [], undefined],
  ["a first up that was killed before Kafka's namespace", [storage], undefined],
  ["a first up that was killed after Kafka's namespace", [storage, namespaceOf("restricted")], "closed"],
  ["a closed stack", [storage, policy, namespaceOf("restricted"), id], "closed"],
  ["an open stack", [storage, namespaceOf("baseline"), id], "open"],
  ["a stack of a checkout whose namespaces had no labels", [namespaceOf(), id], "open"],
  ["a closed stack whose namespace was deleted", [storage, policy, id], "closed"],
  ["an open stack with policies of an application's", [storage, namespaceOf("baseline"), theirs, id], "open"],
  ["an open stack whose namespace was deleted", [storage, id], "open"],
] as const)("%s", (_what, resources, network) => {
  expect(recordedNetwork(resources).network).toBe(network);
});

test("a closed stack's state has the addresses of programs on hosts, an open one's none", () => {
  const spec = {
    ingress: [{ from: ["10.0.0.4/32", "10.244.171.64/32", "fd00::4/32"].map((cidr) => ({ ipBlock: { cidr } })) }],
  };
  const hosts = object("networking.k8s.io/v1:NetworkPolicy", "kafka-hosts", {}, "kafka");
  const recorded = [storage, theirs, { ...hosts, outputs: { ...hosts.outputs, spec } }];
  expect(recordedHosts(recorded)).toEqual(["10.0.0.4", "10.244.171.64"]);
  expect(recordedHosts([storage, theirs])).toEqual([]);
});
