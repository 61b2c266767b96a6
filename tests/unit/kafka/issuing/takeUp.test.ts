import { X509Certificate } from "node:crypto";
import { type Nodes, takeUp } from "../../../../components/kafka/issuing/takeUp";
import { issue, newAuthority } from "../../../../components/kafka/issuing/x509";
import { Deadline } from "../../../../components/programs/inPod/waiting";

const now = new Date();
const node = (id: number, pod: string, isBroker = true) => ({
  id,
  pod,
  isBroker,
  address: { host: pod, port: isBroker ? 9191 : 9193 },
  names: [],
  services: [],
});
const brokers = [node(0, "kafka-0"), node(1, "kafka-1")];
const controllers = [node(1000, "kafka-controller-0", false), node(1001, "kafka-controller-1", false)];

let oldOne: X509Certificate;
let newOne: X509Certificate;
beforeAll(async () => {
  const authority = await newAuthority("kafka authority", now);
  const one = async () =>
    new X509Certificate((await issue(authority, { name: "kafka-node", hosts: ["a"] }, now)).certificate);
  [oldOne, newOne] = await Promise.all([one(), one()]);
});

/** Nodes by their hosts' names. A change shows after some of them, since the kubelet brings files later. */
class Fake implements Nodes {
  readonly changes: string[] = [];

  constructor(
    readonly shown: Record<string, X509Certificate | undefined>,
    private readonly late = 0,
  ) {}

  async shownBy({ host }: { host: string }) {
    return this.shown[host];
  }

  async change(id: number, at: readonly { host: string }[]) {
    this.changes.push(`${id} at ${at.map(({ host }) => host).join()}`);
    if (this.changes.length <= this.late) return;
    for (const { pod } of [...brokers, ...controllers].filter((each) => each.id === id)) this.shown[pod] = newOne;
  }
}

const run = (nodes: Fake, all = brokers, seconds = 20) =>
  takeUp(nodes, { nodes: all }, new Map(all.map(({ pod }) => [pod, newOne])), new Deadline(seconds, 1));

test("a node that shows its old certificate is told, until it shows the new one", async () => {
  const nodes = new Fake({ "kafka-0": newOne, "kafka-1": oldOne }, 2);
  expect(await run(nodes)).toEqual(["kafka-1"]);
  expect(nodes.changes).toEqual(Array(3).fill("1 at kafka-1"));
});

test("nodes that show their certificates are left alone, and so are those that can't be reached", async () => {
  const nodes = new Fake({ "kafka-0": newOne, "kafka-1": undefined });
  expect(await run(nodes)).toEqual([]);
  expect(nodes.changes).toEqual([]);
});

test("a controller is told by the active one, whichever that is", async () => {
  const nodes = new Fake({
    "kafka-0": newOne,
    "kafka-1": newOne,
    "kafka-controller-0": newOne,
    "kafka-controller-1": oldOne,
  });
  expect(await run(nodes, [...controllers, ...brokers])).toEqual(["kafka-controller-1"]);
  expect(nodes.changes).toEqual(["1001 at kafka-controller-0,kafka-controller-1"]);
});

test("a node that doesn't take its certificate up is named", async () => {
  const nodes = new Fake({ "kafka-0": oldOne, "kafka-1": newOne }, Infinity);
  await expect(run(nodes, brokers, 0.05)).rejects.toThrow(/kafka-0 shows its old certificate/);
});
