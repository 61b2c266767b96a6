import { planKafka, planVoters } from "../../../../components/kafka/plan/kafkaPlan";

describe("planVoters", () => {
  test.each([
    [1, [0]],
    [2, [0]],
    [3, [0, 1, 2]],
    [4, [0, 1, 2]],
    [9, [0, 1, 2]],
  ])("%i nodes get the voters %j", (nodes, voters) => expect(planVoters(nodes)).toEqual(voters));

  test("the number of voters is odd, and never above the number of nodes", () => {
    for (let nodes = 1; nodes <= 50; nodes++) {
      const { length } = planVoters(nodes);
      expect(length % 2).toBe(1);
      expect(length).toBeLessThanOrEqual(nodes);
    }
  });
});

describe("planKafka", () => {
  test.each([
    [1, 1, 1],
    [2, 2, 1],
    [3, 3, 2],
    [5, 3, 2],
  ])("%i brokers keep %i replicas, of which %i must be in sync", (brokers, replicas, inSync) => {
    const plan = planKafka("kafka", "kafka", brokers);
    expect([plan.replicationFactor, plan.minInsyncReplicas]).toEqual([replicas, inSync]);
  });

  test("with two brokers the second only serves clients, since two voters survive no loss", () => {
    expect(planKafka("kafka", "kafka", 2).nodes.map(({ roles }) => roles)).toEqual([
      ["broker", "controller"],
      ["broker"],
    ]);
  });

  test("a node that stays keeps its id and name when brokers are added", () => {
    const names = (brokers: number) => planKafka("kafka", "kafka", brokers).nodes.map(({ id, host }) => [id, host]);
    expect(names(5).slice(0, 3)).toEqual(names(3));
  });

  test("clients have the same bootstrap address with any number of brokers", () => {
    const addresses = [1, 2, 3, 7].map((brokers) => planKafka("kafka", "data", brokers).bootstrapServers);
    expect(new Set(addresses)).toEqual(new Set(["kafka-bootstrap.data.svc.cluster.local:9092"]));
  });

  test("only voters are controller bootstrap servers", () => {
    expect(planKafka("kafka", "kafka", 4).quorumServers).toEqual(
      [0, 1, 2].map((id) => `kafka-${id}-quorum.kafka.svc.cluster.local:9093`),
    );
  });

  test.each([0, -1, 1.5, NaN])("%p brokers are refused", (brokers) =>
    expect(() => planKafka("kafka", "kafka", brokers)).toThrow(`at least 1; ${brokers} were asked for`),
  );
});

describe("dedicated controllers", () => {
  const plan = planKafka("kafka", "kafka", 3, 5);

  test("all vote, and no broker does", () => {
    expect(plan.voters).toEqual([1000, 1001, 1002, 1003, 1004]);
    expect(plan.nodes.filter(({ id }) => id < 1000).map(({ roles }) => roles)).toEqual(Array(3).fill(["broker"]));
    expect(plan.quorumServers[4]).toBe("kafka-controller-4-quorum.kafka.svc.cluster.local:9093");
  });

  test("the brokers' plan is the same as without them", () => {
    const combined = planKafka("kafka", "kafka", 3);
    expect(plan.brokers).toEqual(combined.brokers);
    expect(plan.bootstrapServers).toBe(combined.bootstrapServers);
    expect(plan.pools[1]!.nodes.map(({ host }) => host)).toEqual(combined.nodes.map(({ host }) => host));
  });

  test("are changed before brokers", () =>
    expect(plan.pools.map(({ name }) => name)).toEqual(["kafka-controller", "kafka"]));

  test.each([2, 4, -1, 1.5])("%p of them are refused", (controllers) =>
    expect(() => planKafka("kafka", "kafka", 3, controllers)).toThrow(`odd number of controllers; ${controllers} were`),
  );
});
