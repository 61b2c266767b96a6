import type { Kubernetes } from "../../programs/program/kubernetes";
import { runProgram } from "../../programs/program/run";
import { Connection, parseAddresses } from "../protocol/connection";
import { drain } from "./drain";
import { markDrained, shrinkingPools, volumesOfRemovedNodes } from "./objects";
import { rebalance } from "./rebalance";
import { roll } from "./roll";
import type { ChangeReport, ChangeTask } from "./task";

/** Makes one change of a Kafka cluster, or brings one to its end that another run has begun. */
async function change(task: ChangeTask, kubernetes: Kubernetes): Promise<ChangeReport> {
  const kafka = new Connection(parseAddresses(task.bootstrapServers));
  const log = (line: string): void => console.error(line);
  const started = performance.now();
  const report = (done: Partial<ChangeReport>): ChangeReport => ({
    movedCopies: 0,
    added: [],
    removed: [],
    replacedPods: [],
    keptVolumes: [],
    ...done,
    seconds: Math.round((performance.now() - started) / 100) / 10,
  });

  switch (task.task) {
    case "drain": {
      const shrinking = await shrinkingPools(kubernetes, task);
      if (shrinking.length === 0) return report({});
      const drained = await drain(kafka, task, log);
      await markDrained(kubernetes, task, shrinking);
      return report(drained);
    }
    case "roll":
      return report({ replacedPods: await roll(kafka, kubernetes, task, log) });
    case "rebalance":
      return report({
        ...(await rebalance(kafka, task, log)),
        keptVolumes: await volumesOfRemovedNodes(kubernetes, task),
      });
  }
}

const TASK = JSON.parse(process.env.TASK!) as ChangeTask;
const FAILURES = {
  drain: "Kafka can't give up brokers",
  roll: "Kafka's pods can't be rolled",
  rebalance: "Kafka's partitions and votes can't be shared out",
};
runProgram(FAILURES[TASK.task], (kubernetes) => change(TASK, kubernetes!));
