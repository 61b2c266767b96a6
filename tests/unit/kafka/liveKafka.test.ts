import type { Duplex } from "node:stream";

import type { ApiServer } from "../../../components/cluster/apiServer";
import { lookAtKafka } from "../../../components/kafka/liveKafka";

/** An API server that has a broker's StatefulSet, and asks nobody at the brokers' ports. */
function apiServer(sets: string[], connect: () => Promise<Duplex>) {
  const asked: string[] = [];
  const list = async (path: string) => {
    asked.push(path);
    if (path.endsWith("/statefulsets")) return sets.map((name) => ({ metadata: { name }, spec: { replicas: 1 } }));
    return path.endsWith("/nodes") ? [{ metadata: { name: "master" }, status: {} }] : [];
  };
  return { asked, server: { list, connect } as unknown as ApiServer };
}

test("Kafka is looked at by way of the API server alone; one that is silent is told with the reason", async () => {
  const ports: string[] = [];
  const { asked, server } = apiServer(["kafka"], (...args: unknown[]) => {
    ports.push(args.join(" "));
    return Promise.reject(new Error("kafka-0 can't be reached: 500"));
  });
  const live = await lookAtKafka(server, "kafka", "kafka");
  expect(live).toMatchObject({ kafka: { failure: "kafka-0 can't be reached: 500" }, pods: [] });
  expect(new Set(ports)).toEqual(new Set(["kafka kafka-0 9092"]));
  expect(asked).toEqual([
    "/api/v1/nodes",
    "/apis/apps/v1/namespaces/kafka/statefulsets",
    "/api/v1/namespaces/kafka/pods?labelSelector=app.kubernetes.io/name=kafka",
  ]);
});

test("without a StatefulSet nobody is asked", async () => {
  const { server } = apiServer([], () => Promise.reject(new Error("asked")));
  expect(await lookAtKafka(server, "kafka", "kafka")).toMatchObject({
    kafka: { failure: "there is no StatefulSet kafka/kafka" },
  });
});
