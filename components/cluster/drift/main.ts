import { reasonOf } from "../../failures";
import { actions } from "../actions";
import { askHosts } from "./askHosts";
import { type Drift, driftInputs, driftReport, isBad } from "./plan";

/**
 * `make drift`: prints how a stack's hosts have drifted since the last `up`. Reads all hosts concurrently and changes none. Exits
 * with 1 where a host has drifted or can't be reached.
 */
async function main(stack: string): Promise<void> {
  const answers = await askHosts(stack, actions.drift, driftInputs, (text) => text.split("\n").filter(Boolean));
  const drifts = answers.map<Drift>((answer) =>
    "failure" in answer ? { ...answer, differences: [] } : { host: answer.host, differences: answer.result },
  );
  console.log(driftReport(stack, drifts));
  if (drifts.some(isBad)) process.exitCode = 1;
}

const [stack] = process.argv.slice(2);
main(stack!).catch((error: unknown) => {
  console.error(reasonOf(error));
  process.exitCode = 1;
});
