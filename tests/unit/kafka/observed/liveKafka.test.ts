import type { Duplex } from "node:stream";
import * as fc from "fast-check";

import type { AdminApiClient } from "../../../../components/cluster/adminApiClient";
import { Unreachable } from "../../../../components/cluster/unreachable";
import { driftOf, warningOf } from "../../../../components/kafka/observed/healthReport";
import { deletedSets, liveSets } from "../../../../components/kafka/observed/liveSets";
import { lastingFindings, lookAtKafka, silenceOf } from "../../../../components/kafka/observed/liveKafka";
import { ofErrors, openTunnel, PORT } from "../../../support/tunnel";

type Connect = (namespace: string, pod: string, port: number) => Promise<Duplex>;

/** An API server that has a broker's StatefulSet, and the last roll of its ready pods. */
function apiServer(sets: string[], connect: Connect, replicas = 1, rolls = [roll]) {
  const asked: string[] = [];
  const list = async (path: string) => {
    asked.push(path);
    if (path.endsWith("/statefulsets")) return sets.map((name) => ({ metadata: { name }, spec: { replicas } }));
    if (path.includes("/jobs")) return rolls;
    if (path.includes("/pods")) return Array.from({ length: replicas }, (_, id) => ready(`kafka-${id}`));
    return path.endsWith("/nodes") ? [{ metadata: { name: "master" }, status: {} }] : [];
  };
  return { asked, server: { list, connect } as unknown as AdminApiClient };
}

const ready = (name: string) => ({ metadata: { name }, status: { conditions: [{ type: "Ready", status: "True" }] } });
const roll = {
  metadata: { name: "kafka-roll-1a2b", creationTimestamp: "2026-11-28T09:00:00Z" },
  spec: { template: { metadata: { annotations: { "kubeadm-kafka/drift": "after another one" } } } },
  status: { succeeded: 1 },
};

/** The warnings of the program's next run, and the text that it passes to its roll. */
async function nextRun(server: AdminApiClient) {
  const { run, ...findings } = await lastingFindings(server, "kafka", "kafka", 0);
  return { warning: warningOf(findings), drift: driftOf(run, findings.problems) };
}

test("Kafka is asked only through the API server; a silent Kafka is reported with the reason", async () => {
  const ports: string[] = [];
  const { asked, server } = apiServer(["kafka"], (...args: unknown[]) => {
    ports.push(args.join(" "));
    return Promise.reject(new Error("kafka-0 can't be reached: 500"));
  });
  const live = await lookAtKafka(server, "kafka", "kafka");
  expect(live).toMatchObject({ kafka: { failure: "kafka-0 can't be reached: 500" } });
  expect(new Set(ports)).toEqual(new Set(["kafka kafka-0 9092"]));
  expect(asked).toEqual([
    "/api/v1/nodes",
    "/apis/apps/v1/namespaces/kafka/statefulsets",
    "/api/v1/namespaces/kafka/pods?labelSelector=app.kubernetes.io/name=kafka",
    "/api/v1/namespaces/kafka/persistentvolumeclaims",
  ]);
});

test("a Kafka whose Jobs somebody has deleted is checked all the same", async () => {
  const { server } = apiServer(["kafka"], () => Promise.reject(new Error("kafka-0 is silent")), 1, []);
  const { warning, drift } = await nextRun(server);
  expect(drift).toBe("no earlier run is on record: no broker answers: kafka-0 is silent");
  expect(warning).toContain("Kafka isn't well: no broker answers: kafka-0 is silent");
});

test("a Kafka that doesn't exist yet has no problems", async () => {
  const { server } = apiServer([], () => Promise.reject(new Error("asked")), 1, []);
  expect(await nextRun(server)).toEqual({ warning: undefined, drift: "" });
});

describe("of StatefulSets that Pulumi takes for made", () => {
  const silent: Connect = () => Promise.reject(new Error("asked"));
  const deletedOf = async (sets: string[], made: string[]) =>
    deletedSets(made, await liveSets(apiServer(sets, silent).server, "kafka"));

  test("each one that somebody has deleted is named", async () => {
    expect(await deletedOf([], ["kafka"])).toEqual(["kafka"]);
    expect(await deletedOf(["kafka"], ["kafka", "kafka-controller"])).toEqual(["kafka-controller"]);
    expect(await deletedOf(["kafka"], ["kafka"])).toEqual([]);
  });

  test("nothing is known while the API server doesn't answer", async () => {
    const list = () => Promise.reject(new Unreachable("busy"));
    expect(deletedSets(["kafka"], await liveSets({ list }, "kafka"))).toEqual([]);
  });

  test("one without pods isn't deleted", async () => {
    const { server } = apiServer(["kafka"], silent, 0);
    expect((await nextRun(server)).warning).toContain("has scaled the StatefulSet kafka to no pods");
  });
});

test("without a StatefulSet no broker is asked", async () => {
  const { server } = apiServer([], () => Promise.reject(new Error("asked")));
  expect(await lookAtKafka(server, "kafka", "kafka")).toMatchObject({
    kafka: { failure: "there is no StatefulSet kafka/kafka" },
  });
});

test("brokers that can't be reached are unknown: a warning has reason and remedy, and a second up does nothing", async () => {
  const forbidden = () =>
    Promise.reject(new Unreachable('the API server answered 403, pods "kafka-0" is forbidden', 403));
  expect(await nextRun(apiServer(["kafka"], forbidden).server)).toEqual({
    warning:
      "It is unknown whether Kafka is well: its brokers could not be asked through the API server (the API server answered 403, " +
      'pods "kafka-0" is forbidden). Let the kubeconfig\'s user forward ports: the verbs get and create on pods/portforward. [KK850] ' +
      "That alone plans nothing, and the last verification may no longer hold.",
    drift: "after another one",
  });
});

test("a host that can't forward is a failure of the path; a closed port is Kafka's failure", async () => {
  const saying = (message: string) => async () => {
    const { tunnel, host } = await openTunnel();
    host.send(ofErrors(PORT, message));
    return tunnel;
  };
  const unknown = await nextRun(apiServer(["kafka"], saying("there is no socat")).server);
  expect(unknown.warning).toMatch(/^It is unknown whether Kafka is well: .*\(kafka-0: there is no socat\)/);
  expect(unknown.drift).toBe("after another one");
  const closed = await nextRun(apiServer(["kafka"], saying("connect: connection refused")).server);
  expect(closed.drift).toBe("after kafka-roll-1a2b: no broker answers: kafka-0: connect: connection refused");
});

test("a pod that isn't ready has Kafka verified again, even if no broker can be reached", async () => {
  const { server } = apiServer(["kafka"], () => Promise.reject(new Unreachable("the API server answered 502", 502)));
  const list = server.list.bind(server);
  server.list = async <T>(path: string) => (path.includes("/pods") ? [] : list<T>(path));
  const { warning, drift } = await nextRun(server);
  expect(drift).toBe("after kafka-roll-1a2b: the pod kafka-0 is missing");
  expect(warning).toMatch(/^Kafka isn't well: the pod kafka-0 is missing\. .*\[KK850\]$/);
});

test("one broker that is reached but silent counts, though others can't be reached", async () => {
  const { server } = apiServer(
    ["kafka"],
    (_namespace, pod) =>
      Promise.reject(pod === "kafka-0" ? new Error("kafka-0: it did not answer") : new Unreachable("no route")),
    2,
  );
  expect((await nextRun(server)).drift).toBe("after kafka-roll-1a2b: no broker answers: kafka-0: it did not answer");
});

test("Kafka's health is unknown if the API server can't be reached", async () => {
  const { server } = apiServer(["kafka"], () => Promise.reject(new Error("asked")));
  server.list = () => Promise.reject(new Unreachable("the API server did not answer within 10 s"));
  const { warning, drift } = await nextRun(server);
  expect(drift).toBe("");
  expect(warning).toMatch(
    /^It is unknown whether Kafka is well: the API server could not be asked \(the API server did not answer within 10 s\)\. .* \[KK851\]/,
  );
});

test("a path that fails briefly causes no warning", async () => {
  let calls = 0;
  const { server } = apiServer([], () => Promise.reject(new Error("asked")));
  const list = server.list.bind(server);
  server.list = async <T>(path: string): Promise<T[]> => {
    if (++calls === 1) throw new Unreachable("busy");
    return path.includes("/jobs") ? [] : list(path);
  };
  expect(await nextRun(server)).toEqual({ warning: undefined, drift: "" });
});

test("a problem has to last for five checks, a failure of the path for two", async () => {
  const looksOf = async (failure: Error): Promise<number> => {
    const { asked, server } = apiServer(["kafka"], () => Promise.reject(failure));
    await nextRun(server);
    return asked.filter((path) => path.includes("/jobs")).length;
  };
  expect(await looksOf(new Error("kafka-0: connection refused"))).toBe(5);
  expect(await looksOf(new Unreachable("busy"))).toBe(2);
});

test("StatefulSets scaled to any numbers are findings, and end neither a preview nor `up`", async () => {
  const scaled = async (brokers: number, controllers: number): Promise<readonly string[]> => {
    const { server } = apiServer(["kafka", "kafka-controller"], () => Promise.reject(new Error("kafka-0 is silent")));
    const list = server.list.bind(server);
    const sets = Object.entries({ kafka: brokers, "kafka-controller": controllers });
    server.list = async <T>(path: string) =>
      path.endsWith("/statefulsets")
        ? (sets.map(([name, replicas]) => ({ metadata: { name }, spec: { replicas } })) as T[])
        : list<T>(path);
    return (await lastingFindings(server, "kafka", "kafka", 0)).problems;
  };
  const number = fc.nat({ max: 12 });
  await fc.assert(
    fc.asyncProperty(number, number, async (...numbers) => expect(await scaled(...numbers)).not.toEqual([])),
  );
  expect(await scaled(3, 4)).toContainEqual(expect.stringMatching(/^the StatefulSet kafka-controller .* 4 pods/));
});

describe("a mistake in the program ends the check at once, and is no warning:", () => {
  const mistake = new TypeError("Cannot read properties of undefined");

  test("while the API server is asked", async () => {
    const { server } = apiServer(["kafka"], () => Promise.reject(new Error("asked")));
    const list = jest.spyOn(server, "list").mockRejectedValue(mistake);
    await expect(nextRun(server)).rejects.toBe(mistake);
    expect(list).toHaveBeenCalledTimes(1);
  });

  test("while a broker is asked", async () => {
    const { asked, server } = apiServer(["kafka"], () => Promise.reject(mistake), 3);
    await expect(nextRun(server)).rejects.toBe(mistake);
    expect(asked.filter((path) => path.includes("/jobs"))).toHaveLength(1);
  });

  test("even after another broker's error", () => {
    expect(() => silenceOf([new Error("kafka-0 is silent"), mistake], new Error("kafka-0 is silent"))).toThrow(mistake);
  });
});
