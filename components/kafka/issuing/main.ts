import { runProgram } from "../../programs/inPod/run";
import { issueAll } from "./issueAll";
import { runningNodes, takeUp } from "./takeUp";
import type { IssuingTask } from "./task";

/** The program that issues Kafka's certificates. A Job of each `up` runs it, and one each day. */
runProgram("Kafka's certificates can't be issued", (kubernetes) => {
  const task = JSON.parse(process.env.TASK!) as IssuingTask;
  return issueAll(kubernetes!, task, new Date(), (own, certificates) => takeUp(runningNodes(own), task, certificates));
});
