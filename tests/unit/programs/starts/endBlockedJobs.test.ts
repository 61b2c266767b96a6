import * as pulumi from "@pulumi/pulumi";
import { Unreachable } from "../../../../components/cluster/unreachable";
import { watchJobs } from "../../../../components/programs/starts/endBlockedJobs";

const JOBS = "/apis/batch/v1/namespaces/kafka/jobs";
const drain = { metadata: { name: "kafka-drain-1a2b", namespace: "kafka" }, spec: {}, status: {} };
const pod = {
  metadata: { name: "kafka-drain-1a2b-x", labels: { "batch.kubernetes.io/job-name": "kafka-drain-1a2b" } },
  status: { conditions: [{ type: "PodScheduled", status: "False", message: "0/2 nodes are available" }] },
};

let isOver: boolean;
let errors: jest.SpyInstance;
let warnings: jest.SpyInstance;
beforeEach(() => {
  isOver = false;
  jest.useFakeTimers();
  errors = jest.spyOn(pulumi.log, "error").mockResolvedValue();
  warnings = jest.spyOn(pulumi.log, "warn").mockResolvedValue();
});
afterEach(() => {
  isOver = true;
  jest.useRealTimers();
  jest.restoreAllMocks();
});

/** Watches a cluster with a Job for so many minutes. Returns the changes, and the asked paths. */
async function watch(minutes: number, job: object = drain, answer: () => void = () => undefined) {
  const changes: unknown[] = [];
  const asked = new Set<string>();
  const list = async (path: string) => {
    asked.add(path);
    answer();
    return path.startsWith(JOBS) ? [job] : path.includes("/pods") ? [pod] : [];
  };
  const patch = async (path: string, body: unknown) => void changes.push([path, body]);
  const watching = watchJobs({ list, patch } as unknown as Parameters<typeof watchJobs>[0], "kafka", () => isOver);
  watching.catch(() => undefined);
  await jest.advanceTimersByTimeAsync(minutes * 60_000);
  return { changes, asked, watching };
}

test("a Job that can't start is ended after ten minutes, with one error that has the scheduler's reason", async () => {
  const { changes, asked } = await watch(11);
  expect(errors.mock.calls).toEqual([
    [
      "The Job kafka-drain-1a2b has not started for 10 minutes: no node takes its pod: 0/2 nodes are available. [KK826]",
    ],
  ]);
  expect(new Set(changes.map((change) => JSON.stringify(change)))).toEqual(
    new Set([JSON.stringify([`${JOBS}/kafka-drain-1a2b`, { spec: { activeDeadlineSeconds: 1 } }])]),
  );
  expect([...asked]).toEqual([
    `${JOBS}?labelSelector=kubeadm-kafka/program`,
    "/api/v1/namespaces/kafka/pods?labelSelector=batch.kubernetes.io/job-name",
    "/api/v1/namespaces/kafka/events",
  ]);
});

test("before that nothing is said or changed", async () => {
  expect((await watch(10)).changes).toEqual([]);
  expect(errors).not.toHaveBeenCalled();
});

test("a suspended Job is a warning, and stays", async () => {
  expect((await watch(30, { ...drain, spec: { suspend: true } })).changes).toEqual([]);
  expect(warnings).toHaveBeenCalledTimes(1);
  expect(errors).not.toHaveBeenCalled();
});

test("while the API server is away no time counts, since its host may boot", async () => {
  const since = Date.now();
  const answer = () => {
    const minute = (Date.now() - since) / 60_000;
    if (minute > 5 && minute < 14) throw new Unreachable("ECONNREFUSED");
  };
  expect((await watch(20, drain, answer)).changes).toEqual([]);
  expect(errors).not.toHaveBeenCalled();
});

test("a mistake in the program ends the watch, and isn't taken for an API server that is away", async () => {
  const mistake = new TypeError("x is not a function");
  const { watching } = await watch(1, drain, () => {
    throw mistake;
  });
  await expect(watching).rejects.toBe(mistake);
});

test("the watch ends with the update", async () => {
  isOver = true;
  const { watching, asked } = await watch(1);
  await watching;
  expect(asked.size).toBe(0);
});
