import * as pulumi from "@pulumi/pulumi";

import { networkPolicies } from "../../../../components/kafka/declared/networkPolicies";
import type { Encryption } from "../../../../components/kafka/plan/encryption";
import { outsideListeners, planKafka } from "../../../../components/kafka/plan/kafkaPlan";
import { addresses } from "../../../../components/network/policyPlan";
import { isIpv4Range, numberOf, parseRange, sizeOf } from "../../../../components/addresses/ipv4";
import { declaredBy } from "../declaredBy";

jest.setTimeout(120_000);

const MASTER = "10.0.0.4";
const TUNNEL = "10.244.171.64";
const closed = {
  clientNamespaces: ["apps"],
  outsideRanges: ["192.168.56.0/24"],
  brokerDestinations: [] as string[],
  apiServers: addresses([MASTER]),
  nodes: [MASTER, TUNNEL],
  pods: "10.244.0.0/16",
};

interface Pod {
  namespace: string;
  labels: Record<string, string>;
}
type Place = Pod | string;

const kafka = (instance: string): Pod => ({
  namespace: "kafka",
  labels: { "app.kubernetes.io/name": "kafka", "app.kubernetes.io/instance": instance },
});
const broker = kafka("kafka");
const controller = kafka("kafka-controller");
const job: Pod = { namespace: "kafka", labels: { "kubeadm-kafka/program": "kafka-roll" } };
const stranger: Pod = { namespace: "kafka", labels: { app: "tool" } };
const app: Pod = { namespace: "apps", labels: { app: "orders" } };
const other: Pod = { namespace: "default", labels: { app: "kafka" } };
const dns: Pod = { namespace: "kube-system", labels: { "k8s-app": "kube-dns" } };

/** Whether policies let a packet through, by the rules of the API: https://kubernetes.io/docs/concepts/services-networking/network-policies/ */
async function judge(
  settings: Partial<typeof closed> = {},
  outsidePorts: Parameters<typeof outsideListeners> = [undefined, undefined],
  encryption: Encryption = "open",
) {
  const declared = await declaredBy(() => {
    const plan = planKafka("kafka", "kafka", 3, 3, {}, encryption);
    networkPolicies(plan, { ...closed, ...settings }, outsideListeners(...outsidePorts), {});
  });
  const policies: any[] = declared.map(({ inputs }) => inputs);
  const isPeer = (peer: any, place: Place): boolean => {
    if (peer.ipBlock) {
      const { cidr, except = [] } = peer.ipBlock;
      return typeof place === "string" && isIn(cidr, place) && !except.some((each: string) => isIn(each, place));
    }
    if (typeof place === "string") return false;
    const inNamespace = peer.namespaceSelector
      ? fits(peer.namespaceSelector, { "kubernetes.io/metadata.name": place.namespace })
      : place.namespace === "kafka";
    return inNamespace && (!peer.podSelector || fits(peer.podSelector, place.labels));
  };
  const passes = (
    direction: "ingress" | "egress",
    pod: Place,
    peer: Place,
    port: number,
    protocol: string,
  ): boolean => {
    if (typeof pod === "string" || pod.namespace !== "kafka") return true;
    const type = direction === "ingress" ? "Ingress" : "Egress";
    const ofPod = policies.filter(({ spec }) => spec.policyTypes.includes(type) && fits(spec.podSelector, pod.labels));
    if (ofPod.length === 0) return true;
    const rules = ofPod.flatMap(({ spec }) => spec[direction] ?? []);
    return rules.some((rule: any) => {
      const peers = rule[direction === "ingress" ? "from" : "to"];
      const ports = rule.ports as { protocol: string; port: number }[] | undefined;
      return (
        (!peers?.length || peers.some((each: any) => isPeer(each, peer))) &&
        (!ports?.length || ports.some((each) => each.port === port && each.protocol === protocol))
      );
    });
  };
  const arrives = (from: Place, to: Place, port: number) => passes("ingress", to, from, port, "TCP");
  return Object.assign(
    (from: Place, to: Place, port: number, protocol = "TCP"): boolean =>
      passes("egress", from, to, port, protocol) && passes("ingress", to, from, port, protocol),
    { arrives },
  );
}

function fits({ matchLabels = {}, matchExpressions = [] }: any, labels: Record<string, string>): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator }: any) => operator === "Exists" && key in labels)
  );
}

function isIn(cidr: string, address: string): boolean {
  if (!isIpv4Range(cidr)) throw new Error(cidr);
  const range = parseRange(cidr);
  const distance = numberOf(address) - numberOf(range.address);
  return distance >= 0 && distance < sizeOf(range);
}

test("the listener for controllers is for Kafka's pods and its Jobs alone, even where all namespaces have clients", async () => {
  const passes = await judge({ clientNamespaces: ["*"], outsideRanges: ["0.0.0.0/0"] }, [31090, undefined]);
  for (const node of [broker, controller]) {
    for (const from of [broker, controller, job]) expect(passes(from, node, 9093)).toBe(true);
    for (const from of [app, other, stranger, MASTER, TUNNEL, "192.168.56.7"])
      expect(passes(from, node, 9093)).toBe(false);
    // Even if another policy lets that pod send packets.
    expect(passes.arrives(stranger, node, 9093)).toBe(false);
  }
});

test.each([9092, 9094])("port %i is for the named namespaces and programs on hosts", async (port) => {
  const passes = await judge();
  for (const from of [app, MASTER, TUNNEL, broker, controller, job]) expect(passes(from, broker, port)).toBe(true);
  for (const from of [other, stranger, "192.168.56.7"]) expect(passes(from, broker, port)).toBe(false);
  expect(passes(app, controller, port)).toBe(false);
});

test("with no namespace named, no pod of others is a client; with *, every one is", async () => {
  const [none, all] = [await judge({ clientNamespaces: [] }), await judge({ clientNamespaces: ["*"] })];
  expect([app, other].map((from) => none(from, broker, 9092))).toEqual([false, false]);
  expect([app, other].map((from) => all(from, broker, 9092))).toEqual([true, true]);
});

test("clients outside come from the given ranges; without outsidePort or a range, from nowhere", async () => {
  const passes = await judge({}, [31090, undefined]);
  expect(passes("192.168.56.7", broker, 9095)).toBe(true);
  for (const from of ["192.168.57.7", app, TUNNEL]) expect(passes(from, broker, 9095)).toBe(false);
  for (const none of [await judge(), await judge({ outsideRanges: [] }, [31090, undefined])])
    expect(none("192.168.56.7", broker, 9095)).toBe(false);
});

test("clients outside are no pods, and no hosts, whose addresses pods' packets to other hosts have", async () => {
  const [pod, worker] = ["10.244.7.8", "10.0.0.5"];
  const all = await judge({ outsideRanges: ["0.0.0.0/0"], nodes: [MASTER, worker, TUNNEL] }, [31090, undefined]);
  expect(all("192.168.56.7", broker, 9095)).toBe(true);
  for (const from of [MASTER, worker, TUNNEL, pod]) expect(all(from, broker, 9095)).toBe(false);
  const named = await judge({ outsideRanges: ["10.0.0.4/32"] }, [31090, undefined]);
  expect([named(MASTER, broker, 9095), named(worker, broker, 9095)]).toEqual([true, false]);
});

test("all policies are told, so that one that somebody deletes is missed", async () => {
  let told: pulumi.Output<string>[] = [];
  const declared = await declaredBy(() => {
    const { all } = networkPolicies(planKafka("kafka", "kafka", 3), closed, outsideListeners(31090, undefined), {});
    told = all.map(({ metadata }) => metadata.name);
  });
  const names = await new Promise<string[]>((resolve) => pulumi.all(told).apply(resolve));
  expect(names).toHaveLength(6);
  expect(names.toSorted()).toEqual(declared.map(({ name }) => name).toSorted());
});

test("with TLS, its listeners for clients are open to the same clients, those of nodes and Jobs to nobody else", async () => {
  const passes = await judge({ outsideRanges: ["192.168.56.0/24"] }, [31090, 31190], "prepared");
  for (const port of [9092, 9094, 9192, 9194, 9196])
    expect([app, MASTER, other].map((from) => passes(from, broker, port))).toEqual([true, true, false]);
  for (const port of [9191, 9193]) {
    for (const from of [broker, controller, job]) expect(passes(from, broker, port)).toBe(true);
    for (const from of [app, other, MASTER, "192.168.56.7"]) expect(passes(from, broker, port)).toBe(false);
  }
  const issuing: Pod = { namespace: "kafka-authority", labels: {} };
  for (const node of [broker, controller])
    expect([9191, 9193, 9092, 9192].map((port) => passes(issuing, node, port))).toEqual([true, true, false, false]);
  expect([9095, 9195].map((port) => passes("192.168.56.7", broker, port))).toEqual([true, true]);
});

test("once encryption is closed, no policy lets clients to listeners without TLS", async () => {
  const passes = await judge({ clientNamespaces: ["*"], outsideRanges: ["0.0.0.0/0"] }, [undefined, 31190], "closed");
  for (const port of [9092, 9094, 9095])
    for (const from of [app, MASTER, "192.168.56.7"]) expect(passes(from, broker, port)).toBe(false);
  for (const port of [9192, 9194, 9196]) expect(passes(app, broker, port)).toBe(true);
  expect(passes("192.168.56.7", broker, 9195)).toBe(true);
});

test("Jobs reach Kafka, DNS and the API servers; nodes each other and DNS; any other pod nothing", async () => {
  const passes = await judge();
  expect([passes(job, dns, 53, "UDP"), passes(job, dns, 53), passes(job, MASTER, 6443)]).toEqual([true, true, true]);
  expect([passes(job, MASTER, 22), passes(job, "1.2.3.4", 6443), passes(job, other, 80)]).toEqual([
    false,
    false,
    false,
  ]);
  expect([passes(broker, dns, 53, "UDP"), passes(broker, controller, 9093)]).toEqual([true, true]);
  expect([passes(broker, MASTER, 6443), passes(broker, "1.2.3.4", 443), passes(broker, app, 80)]).toEqual([
    false,
    false,
    false,
  ]);
  expect([dns, broker, MASTER].map((to) => passes(stranger, to, 53))).toEqual([false, false, false]);
  expect(passes(app, stranger, 80)).toBe(false);
});

test("brokers reach what the config names beside that, and Jobs don't", async () => {
  const passes = await judge({ brokerDestinations: ["10.8.0.0/16"] });
  expect([passes(broker, "10.8.1.1", 9000), passes(broker, "10.9.0.1", 9000)]).toEqual([true, false]);
  expect(passes(job, "10.8.1.1", 9000)).toBe(false);
});
