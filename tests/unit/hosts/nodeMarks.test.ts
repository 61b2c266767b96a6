import { reasonAgainstKey, repelsPods } from "../../../components/hosts/nodeMarks";

test.each([
  "disk",
  "example.com/disk",
  "topology.kubernetes.io/zone",
  "topology.kubernetes.io/region",
  "node-role.kubernetes.io/kafka",
  "node-restriction.kubernetes.io/tenant",
  "example.com.node-restriction.kubernetes.io/tenant",
  "notkubernetes.io/disk",
])("%s may be set", (key) => expect(reasonAgainstKey(key)).toBeUndefined());

test.each([
  "kubernetes.io/hostname",
  "beta.kubernetes.io/arch",
  "node.kubernetes.io/unschedulable",
  "kubelet.kubernetes.io/any",
  "cluster-api.k8s.io/any",
  "node-role.kubernetes.io/control-plane",
  "node-role.kubernetes.io/worker",
])("%s is Kubernetes' or ours", (key) => expect(reasonAgainstKey(key)).toContain("take a domain of your own"));

test.each(["", "-disk", "a/b/c", "/disk", "Example.com/disk", "a".repeat(64), `${"a.".repeat(127)}/x`])(
  "%j is no valid key",
  (key) => expect(reasonAgainstKey(key)).toContain("is no key that Kubernetes takes"),
);

test("a taint that only expresses a preference repels no pod", () => {
  expect(repelsPods({ taints: ["a:PreferNoSchedule"] })).toBe(false);
  expect(repelsPods({ taints: ["a:PreferNoSchedule", "b=c:NoExecute"] })).toBe(true);
});
