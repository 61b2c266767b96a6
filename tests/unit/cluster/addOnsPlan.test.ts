import { type AddOn, downgradeRefusals } from "../../../components/cluster/addOnsPlan";

const calico: AddOn = {
  name: "Calico",
  path: "/apis/apps/v1/namespaces/kube-system/daemonsets",
  workload: "calico-node",
  image: "quay.io/calico/node:v3.31.0",
};
const running = (image: string, name = "calico-node") => [
  { metadata: { name }, spec: { template: { spec: { containers: [{ image: "sidecar:v9.9.9" }, { image }] } } } },
];
const refusals = (...workloads: ReturnType<typeof running>) => downgradeRefusals([calico], [workloads]);

test("an add-on that is older than what runs is refused, with both versions and the remedy", () => {
  expect(refusals(...running("quay.io/calico/node:v3.31.1"))).toEqual([
    "Calico v3.31.1 runs, and this checkout has v3.31.0: an older version doesn't know what a newer one has stored. Use a checkout " +
      "with at least v3.31.1. Nothing was touched. [KK989]",
  ]);
  expect(refusals(...running("quay.io/calico/node:v4.0.0"))).toHaveLength(1);
});

test.each([
  ["the same version", running("quay.io/calico/node:v3.31.0")],
  ["an older version, by its numbers", running("quay.io/calico/node:v3.9.5")],
  ["somebody's own image", running("example.com/calico/node:v3.32.0")],
  ["an image by its digest", running(`quay.io/calico/node@sha256:${"0".repeat(64)}`)],
  ["another workload", running("quay.io/calico/node:v3.32.0", "theirs")],
  ["nothing yet", []],
])("%s is no reason to refuse", (_, workloads) => expect(refusals(...workloads)).toEqual([]));

test("each add-on is judged by the workloads of its own path", () => {
  const storage = { ...calico, name: "storage", workload: "provisioner", image: "rancher/provisioner:v0.0.30" };
  const found = downgradeRefusals([calico, storage], [[], running("rancher/provisioner:v0.0.31", "provisioner")]);
  expect(found).toEqual([expect.stringMatching(/^storage v0\.0\.31 runs/)]);
});
