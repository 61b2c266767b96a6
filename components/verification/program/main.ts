import { runProgram } from "../../programs/program/run";
import type { Expectation } from "../expectation";
import { verify } from "./verify";

/** Verifies a Kafka cluster. */
runProgram("Kafka's verification failed", () => {
  const { EXPECTATION, JOB_NAME } = process.env;
  return verify(JSON.parse(EXPECTATION!) as Expectation, JOB_NAME ?? `local-${process.pid}`, console.error);
});
