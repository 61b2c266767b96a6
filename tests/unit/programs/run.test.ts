import { leftBehind, type Job } from "../../../components/programs/program/run";

const job = (name: string, program: string, ended?: "Complete" | "Failed"): Job => ({
  metadata: { name, labels: { "kubeadm-kafka/program": program } },
  status: { conditions: ended ? [{ type: ended, status: "True" }] : [] },
});

test("what still runs is ended, whatever it does: two changes would undo each other's work", () =>
  expect(leftBehind([job("own", "kafka-drain"), job("other", "kafka-rebalance")], "own")).toEqual(["other"]));

test("an earlier run of the same program is cleared away, that of another has its report to keep", () =>
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
