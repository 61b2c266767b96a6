import { type Foundation, type Ground, standsOn } from "../../../stacks/standsOn";

const master: Ground = { name: "master", role: "control-plane", address: "10.0.0.4", hostKey: "ssh-ed25519 A" };
const worker: Ground = { name: "worker", role: "worker", address: "10.0.0.5", hostKey: "ssh-ed25519 B" };
const foundation: Foundation = {
  hosts: [master, worker],
  scheduleOnControlPlane: true,
  network: { mtu: 0 },
  storage: ["/var/lib"],
};
const before = standsOn(foundation);
const changed = (changes: Partial<Foundation>) => standsOn({ ...foundation, ...changes });
const withWorker = (changes: Partial<Ground>) => changed({ hosts: [master, { ...worker, ...changes }] });

test.each<[string, string]>([
  ["a taint", withWorker({ taints: ["x=y:NoExecute"] })],
  ["a label", withWorker({ labels: { disk: "ssd" } })],
  ["a kubelet's setting", withWorker({ kubelet: { maxPods: 50 } })],
  ["a machine of another size", withWorker({ size: "2 CPUs, 3g memory" })],
  ["an address", withWorker({ address: "10.0.0.6" })],
  ["another machine of the same name", withWorker({ hostKey: "ssh-ed25519 C" })],
  ["a host that is lost", withWorker({ lost: true })],
  ["a host that leaves", changed({ hosts: [master] })],
  ["scheduleOnControlPlane", changed({ scheduleOnControlPlane: false })],
])("%s changes the hosts' part of what Kafka depends on", (_what, after) => {
  expect(after).not.toBe(before);
  expect(after.replace(/^hosts \w+/, "")).toBe(before.replace(/^hosts \w+/, ""));
});

test("who may connect is a part of its own, and none in an open stack", () => {
  expect(changed({ clients: undefined })).toBe(before);
  const closed = changed({ clients: { clientNamespaces: [] } });
  expect(closed.replace(/, clients \w+$/, "")).toBe(before);
  expect(changed({ clients: { clientNamespaces: ["apps"] } })).not.toBe(closed);
});

test("network and storage each change their own part", () => {
  const partsOf = (words: string) => words.split(", ");
  const [hosts, network, storage] = partsOf(before);
  expect(partsOf(changed({ network: { mtu: 1400 } }))).toEqual([hosts, expect.not.stringMatching(network!), storage]);
  expect(partsOf(changed({ storage: ["/srv"] }))).toEqual([hosts, network, expect.not.stringMatching(storage!)]);
});

test("the order of hosts, labels and taints changes nothing, nor does a lost host that is removed from the list", () => {
  expect(changed({ hosts: [worker, master] })).toBe(before);
  expect(withWorker({ labels: {}, taints: [], kubelet: {}, lost: false })).toBe(before);
  expect(withWorker({ labels: { a: "1", b: "2" }, taints: ["a:NoSchedule", "b:NoSchedule"] })).toBe(
    withWorker({ labels: { b: "2", a: "1" }, taints: ["b:NoSchedule", "a:NoSchedule"] }),
  );
  expect(withWorker({ lost: true })).toBe(changed({ hosts: [master] }));
});
