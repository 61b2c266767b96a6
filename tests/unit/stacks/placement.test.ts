import { planKafka } from "../../../components/kafka/plan/kafkaPlan";
import { placementWarnings, unevenWarnings } from "../../../stacks/placement";
import { racksOf, reasonAgainstPods } from "../../../config/scheduling";
import { schema } from "../../../config/schema/schema";

const warned = (brokers: number, hosts: string[], controllers = 0) =>
  placementWarnings(planKafka("kafka", "kafka", brokers, controllers), hosts);

test("three brokers on two hosts: some fail together, and most voters with them", () =>
  expect(warned(3, ["master", "worker"])).toEqual([
    "kafka.brokers: 3 brokers run on 2 hosts (master, worker), so 2 of them fail together with their host, and replicas of a " +
      "partition may share it. Add hosts that take pods, or take fewer brokers.",
    "kafka: 3 voters run on 2 hosts (master, worker), so a single host has 2 of them, which is most of the metadata quorum: " +
      "without that host Kafka stops. 3 hosts that take pods are enough.",
  ]));

test("a host for each broker, or a single broker, causes no warning", () => {
  expect(warned(3, ["a", "b", "c"])).toEqual([]);
  expect(warned(1, ["a"])).toEqual([]);
  expect(warned(2, ["a", "b"])).toEqual([]);
});

test("more brokers than hosts cause a warning even if the quorum survives the loss of each host", () =>
  expect(warned(5, ["a", "b", "c"])).toEqual([expect.stringMatching(/^kafka.brokers: 5 brokers run on 3 hosts/)]));

test("dedicated controllers count as the voters", () => {
  expect(warned(1, ["a", "b"], 3)).toEqual([expect.stringMatching(/^kafka: 3 voters run on 2 hosts .* has 2 of them/)]);
  expect(warned(3, ["a", "b", "c"], 5)).toEqual([]);
});

test("a single host is named", () => expect(warned(2, ["a"])[0]).toContain("2 brokers run on 1 host (a)"));

describe("hosts with more than their share of the pods", () => {
  const uneven = (brokers: number, held: Record<string, string[]>, hosts: string[], zones: string[] = []) => {
    const claims = Object.entries(held).map(
      ([host, names]) => [host, names.map((name) => ({ metadata: { name, namespace: "kafka" }, spec: {} }))] as const,
    );
    return unevenWarnings(
      planKafka("kafka", "kafka", brokers),
      new Map(claims),
      hosts.map((name, at) => ({ name, zone: zones[at] })),
    );
  };
  const twoHosts = { a: ["data-kafka-0", "data-kafka-2", "data-1-kafka-2"], b: ["data-kafka-1"] };

  test("since they were there before the others: a warning has the pods, the room and the commands that move one", () =>
    expect(uneven(3, twoHosts, ["a", "b", "c"])).toEqual([
      "kafka: kafka-0, kafka-2 have their volumes on a and fail together with it, while there is room on c. A pod stays where its " +
        "volume is. If the other nodes have all its records, give up the volume of kafka-2 and run up, which moves the pod: " +
        "kubectl delete pvc data-kafka-2 --namespace kafka --wait=false; kubectl delete pvc data-1-kafka-2 --namespace kafka --wait=false",
    ]));

  test("are none as long as no other host has room", () => {
    expect(uneven(3, twoHosts, ["a", "b"])).toEqual([]);
    expect(uneven(3, { a: ["data-kafka-0"], b: ["data-kafka-1"], c: ["data-kafka-2"] }, ["a", "b", "c"])).toEqual([]);
    expect(uneven(3, {}, ["a", "b", "c"])).toEqual([]);
  });

  test("are judged by each one's load, not only where a host is empty", () => {
    const [warning, ...others] = uneven(
      5,
      { a: ["data-kafka-0", "data-kafka-3", "data-kafka-4"], b: ["data-kafka-1"], c: ["data-kafka-2"] },
      ["a", "b", "c"],
    );
    expect(others).toEqual([]);
    expect(warning).toMatch(/^kafka: kafka-0, kafka-3, kafka-4 have .* room on b, c\. .* volume of kafka-4 /);
  });

  test("aren't those that are alone in their zone, over which pods are spread first", () => {
    const held = { a: ["data-kafka-0", "data-kafka-2"], b: ["data-kafka-1"], c: ["data-kafka-3"] };
    expect(uneven(4, held, ["a", "b", "c"], ["1", "2", "2"])).toEqual([]);
    const six = {
      a: ["data-kafka-0", "data-kafka-2", "data-kafka-4"],
      b: ["data-kafka-1", "data-kafka-5"],
      c: ["data-kafka-3"],
    };
    expect(uneven(6, six, ["a", "b", "c"], ["1", "2", "2"])).toEqual([]);
    expect(uneven(6, six, ["a", "b", "c"])).toHaveLength(1);
    expect(uneven(3, twoHosts, ["a", "b", "c"], ["1", "2", "3"])).toHaveLength(1);
  });

  test("have others' volumes, and those of removed brokers, besides", () =>
    expect(uneven(1, { a: ["data-kafka-0", "data-kafka-1", "data-shop-0"] }, ["a", "b"])).toEqual([]));
});

describe("racks", () => {
  const master = { name: "master", role: "control-plane" } as const;
  const worker = { name: "worker", role: "worker" } as const;
  const { kubernetes } = schema.parse({ hosts: {}, kubernetes: { scheduleOnControlPlane: true } });
  const zone = { labels: { "topology.kubernetes.io/zone": "a" } };

  test("without zones each host is a rack, so that replicas don't share a host", () =>
    expect(racksOf(kubernetes, [master, worker], 2)).toEqual({
      label: "kubernetes.io/hostname",
      byHost: { master: "master", worker: "worker" },
    }));

  test("zones, if there are any, are the racks", () =>
    expect(
      racksOf(
        kubernetes,
        [
          { ...master, ...zone },
          { ...worker, ...zone },
        ],
        2,
      ),
    ).toEqual({ label: "topology.kubernetes.io/zone", byHost: { master: "a", worker: "a" } }));

  test("one broker, or one host whose role takes pods, has no racks", () => {
    expect(racksOf(kubernetes, [master, worker], 1)).toBeUndefined();
    expect(racksOf(kubernetes, [master], 3)).toBeUndefined();
    expect(racksOf({ ...kubernetes, scheduleOnControlPlane: false }, [master, worker], 3)).toBeUndefined();
  });

  test("a lost or tainted host changes no racks, since brokers elsewhere would roll", () => {
    const racks = racksOf(kubernetes, [master, worker], 3);
    expect(racksOf(kubernetes, [master, { ...worker, taints: ["use=other:NoSchedule"] }], 3)).toEqual(racks);
    expect(racksOf(kubernetes, [master, { ...worker, lost: true }], 3)).toEqual(racks);
  });

  test("a host that was closed to pods keeps its rack for the broker that it still has", () => {
    const closed = { ...worker, name: "closed", taints: ["use=other:NoSchedule"] };
    expect(racksOf(kubernetes, [master, worker, closed], 3)?.byHost).toHaveProperty("closed", "closed");
  });
});

describe("why a host repels pods", () => {
  const master = { name: "master", role: "control-plane" } as const;
  const worker = { name: "worker", role: "worker" } as const;
  const why = (scheduleOnControlPlane: boolean | undefined, hosts: (typeof master | typeof worker)[], at: object) =>
    reasonAgainstPods({ ...schema.parse({ hosts: {} }).kubernetes, scheduleOnControlPlane }, hosts, {
      ...hosts[0]!,
      ...at,
    });

  test("a taint is named, unless it only expresses a preference", () => {
    expect(why(true, [worker], { taints: ["a:PreferNoSchedule", "x=y:NoExecute"] })).toBe("its taint x=y:NoExecute");
    expect(why(true, [worker], { taints: ["a:PreferNoSchedule"] })).toBeUndefined();
  });

  test("the first worker closes a control plane to pods, unless the config keeps it open", () => {
    expect(why(undefined, [master], {})).toBeUndefined();
    expect(why(undefined, [master, worker], {})).toMatch(/^kubernetes.scheduleOnControlPlane, which isn't set/);
    expect(why(false, [master, worker], {})).toMatch(/^kubernetes.scheduleOnControlPlane, which is false/);
    expect(why(true, [master, worker], {})).toBeUndefined();
  });
});
