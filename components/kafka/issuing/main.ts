import { runProgram } from "../../programs/inPod/run";
import { issueAll } from "./issueAll";
import type { IssuingTask } from "./task";

/** The program that issues Kafka's certificates. A Job of each `up` runs it, and one each day. */
runProgram("Kafka's certificates can't be issued", (kubernetes) =>
  issueAll(kubernetes!, JSON.parse(process.env.TASK!) as IssuingTask, new Date()),
);
