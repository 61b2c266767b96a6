import type { AdminApiClient } from "../../../../components/cluster/adminApiClient";
import { planKafka } from "../../../../components/kafka/plan/kafkaPlan";
import { plannedDefaults } from "../../../../components/kafka/settings/retention";
import { defaultsWarning } from "../../../../components/kafka/observed/runningDefaults";
import { FakeKafka } from "../fakeKafka";

const plan = planKafka("kafka", "kafka", 1);
const shorter = { plan, defaults: plannedDefaults({ "log.retention.hours": 24 }), allowRecordDeletion: false };
const annotations = { "kubeadm-kafka/keeps-records": JSON.stringify(plannedDefaults({})) };

const running = (sets: object[]) => {
  const asked: string[] = [];
  const list = async (path: string) => {
    asked.push(path);
    return sets;
  };
  return { asked, reach: () => ({ list }) as unknown as AdminApiClient };
};
const kafkaSet = [{ metadata: { name: "kafka", annotations } }];
const kafka = (down = false) => {
  const fake = new FakeKafka([0]);
  fake.topics["orders"] = { partitions: [[0]], config: {} };
  if (down) fake.down.add(0);
  return () => fake;
};

test("a preview refuses defaults that would delete records", async () => {
  const { reach, asked } = running(kafkaSet);
  await expect(defaultsWarning(shorter, reach, kafka())).rejects.toThrow(
    /retention\.ms from 604800000 to 86400000: .* records of orders .*\[KK814\]$/,
  );
  expect(asked).toEqual(["/apis/apps/v1/namespaces/kafka/statefulsets?fieldSelector=metadata.name=kafka"]);
});

test("a preview shows such defaults if the config allows them", async () =>
  expect(await defaultsWarning({ ...shorter, allowRecordDeletion: true }, running(kafkaSet).reach, kafka())).toBe(
    "Kafka may delete records of orders, as kafka.allowRecordDeletion allows: retention.ms from 604800000 to 86400000",
  ));

test("a preview says nothing about defaults that keep as much, nor before there is a cluster", async () => {
  const same = { ...shorter, defaults: plannedDefaults({}) };
  expect(await defaultsWarning(same, running(kafkaSet).reach, kafka(true))).toBeUndefined();
  expect(await defaultsWarning(shorter, running([]).reach, kafka(true))).toBeUndefined();
});

test("a preview that can't check defaults says so, with both values if it knows them", async () => {
  expect(await defaultsWarning(shorter, running(kafkaSet).reach, kafka(true))).toBe(
    "Kafka can't be asked whether it would delete records that it keeps now by other defaults of the brokers, " +
      "retention.ms from 604800000 to 86400000: no broker serves",
  );
  const unreachable = (): never => {
    throw new Error("the API server did not answer");
  };
  expect(await defaultsWarning(shorter, unreachable)).toMatch(/keeps now: the API server did not answer$/);
});

test("a mistake in the program fails the preview instead of causing a warning", async () => {
  const mistaken = (): never => {
    throw new TypeError("Cannot read properties of undefined");
  };
  await expect(defaultsWarning(shorter, mistaken)).rejects.toThrow(TypeError);
});

test("an annotation that somebody has broken counts as unknown", async () => {
  const broken = [{ metadata: { name: "kafka", annotations: { "kubeadm-kafka/keeps-records": "{" } } }];
  expect(await defaultsWarning(shorter, running(broken).reach, kafka())).toMatch(
    /keeps now: the annotation kubeadm-kafka\/keeps-records of kafka can't be read: /,
  );
});
