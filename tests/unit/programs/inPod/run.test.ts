import { leftBehind, madeBefore, type Job } from "../../../../components/programs/inPod/run";

const job = (name: string, program: string, ended?: "Complete" | "Failed"): Job => ({
  metadata: { name, creationTimestamp: "2026-11-21T18:00:00Z", labels: { "kubeadm-kafka/program": program } },
  status: { conditions: ended ? [{ type: ended, status: "True" }] : [] },
});

test("a run ends other Jobs that still run, since two changes would undo each other's work", () =>
  expect(leftBehind([job("own", "kafka-drain"), job("other", "kafka-rebalance")], "own")).toEqual(["other"]));

test("an earlier run of the same program is deleted, that of another program keeps its report", () =>
  expect(
    leftBehind(
      [
        job("own", "kafka-drain"),
        job("before", "kafka-drain", "Failed"),
        job("rolled", "kafka-roll", "Complete"),
        job("verified", "kafka-verification", "Failed"),
      ],
      "own",
    ),
  ).toEqual(["before"]));

test("a Job about to end isn't ended", () => {
  const { metadata } = job("other", "kafka-roll");
  const failing: Job = { metadata, status: { conditions: [{ type: "Failed", status: "False" }] } };
  expect(leftBehind([job("own", "kafka-drain"), failing], "own")).toEqual(["other"]);
});

describe("Jobs that run in parallel", () => {
  const topic = (name: string, ended?: "Complete" | "Failed"): Job => {
    const { metadata, status } = job(name, `kafka-topic-${name}`, ended);
    return { metadata: { ...metadata, labels: { ...metadata.labels, "kubeadm-kafka/beside": "topics" } }, status };
  };

  test("let each other run, but end Jobs that must run alone, and earlier runs of their own", () => {
    const before = { ...topic("own"), metadata: { ...topic("own").metadata, name: "own-before" } };
    const jobs = [topic("own"), before, topic("other"), job("drain", "kafka-drain")];
    expect(leftBehind(jobs, "own")).toEqual(["own-before", "drain"]);
  });

  test("are ended by a Job that must run alone", () =>
    expect(leftBehind([job("drain", "kafka-drain"), topic("other"), topic("done", "Complete")], "drain")).toEqual([
      "other",
    ]));
});

describe("a run that leaves other Jobs alone", () => {
  const jobs = [
    job("own", "kafka-gate"),
    job("before", "kafka-gate"),
    job("a-roll", "kafka-roll"),
    job("done", "kafka-drain", "Complete"),
  ];

  test("ends earlier runs of its own program only", () => expect(leftBehind(jobs, "own", "left")).toEqual(["before"]));

  test("learns of all that still run even if it has lost its own label", () =>
    expect(madeBefore(jobs.slice(2), "own")).toEqual(["a-roll"]));

  test("learns which of the others still run, unless they were created after it", () => {
    const late = job("late", "kafka-roll");
    late.metadata.creationTimestamp = "2026-11-21T18:00:01Z";
    const others = jobs.filter(({ metadata }) => metadata.name !== "before");
    expect(madeBefore([...others, late], "own")).toEqual(["a-roll"]);
  });
});
