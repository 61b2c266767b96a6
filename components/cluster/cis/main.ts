import { reasonOf } from "../../failures";
import { actions } from "../actions";
import { askHosts } from "../drift/askHosts";
import { type CheckedHost, cisReport, isBad, parseFindings } from "./report";

/**
 * `make cis`: checks a stack's hosts by the CIS Kubernetes Benchmark, and prints a table. Changes nothing. Exits with 1 where a host
 * fails a check that it must pass, or can't be reached.
 */
async function main(stack: string): Promise<void> {
  const answers = await askHosts(stack, actions.cis, () => ({}), parseFindings);
  const hosts = answers.map<CheckedHost>((answer) =>
    "failure" in answer
      ? { name: answer.host.name, findings: [], failure: answer.failure }
      : { name: answer.host.name, findings: answer.result },
  );
  console.log(hosts.length > 0 ? cisReport(hosts) : `${stack} has no hosts`);
  if (hosts.some(isBad)) process.exitCode = 1;
}

const [stack] = process.argv.slice(2);
main(stack!).catch((error: unknown) => {
  console.error(reasonOf(error));
  process.exitCode = 1;
});
