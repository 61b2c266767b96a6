import type { PodApiClient } from "../../programs/inPod/podApiClient";
import { runProgram } from "../../programs/inPod/run";
import type { Expectation } from "../expectation";
import { hostsOf, type Pod } from "./hosts";
import { verify } from "./verify";

/** The verification's program, which a Job runs. */
runProgram("Kafka's verification failed", (kubernetes) => {
  const { EXPECTATION, JOB_NAME } = process.env;
  const expected = JSON.parse(EXPECTATION!) as Expectation;
  const hosts = async (): Promise<Record<number, string>> => hostsOf(expected.pods, await podsOf(kubernetes));
  return verify(expected, JOB_NAME ?? `local-${process.pid}`, hosts, console.error);
});

function podsOf(kubernetes: PodApiClient | undefined): Promise<Pod[]> {
  return kubernetes?.list<Pod>(`/api/v1/namespaces/${process.env.NAMESPACE}/pods`) ?? Promise.resolve([]);
}
