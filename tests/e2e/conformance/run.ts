import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout } from "node:timers/promises";

import * as yaml from "js-yaml";

import { conformanceFor } from "../../../toolchain/recipes/conformance";
import { output, run } from "../../support/shell";
import { root } from "../../support/stack";
import { findTests, focusOn } from "./choice";
import { chosenTests } from "./tests";
import { type ConformanceRun, type GinkgoReport, judge, type Verdict } from "./verdict";

/** Tests at a time. They mostly wait, so that two cores hold them beside a cluster of six hosts. */
const PROCESSES = 3;

/** How long namespaces may take to be gone after the last test. */
const NAMESPACES_MS = 180_000;

/**
 * Runs the chosen conformance tests on a cluster, with the programs that `make toolchain conformance=yes` has built.
 * Their output and report are in build/conformance/VERSION.
 *
 * @param kubeconfig absolute path of the kubeconfig
 */
export async function runConformance(kubeconfig: string): Promise<ConformanceRun> {
  const kubectl = (...args: string[]) =>
    output(path.join(root, "build/toolchain/bin/kubectl"), ["--kubeconfig", kubeconfig, ...args]);
  const namespaces = async () =>
    (await kubectl("get", "namespaces", "--output", "jsonpath={.items[*].metadata.name}")).split(" ");

  const { gitVersion } = JSON.parse(await kubectl("get", "--raw", "/version")) as { gitVersion: string };
  const kubernetes = gitVersion.replace(/^v/, "");
  const tests = conformanceFor(kubernetes).version;
  const before = await namespaces();
  const start = Date.now();
  const verdict = await runTests(tests, kubeconfig);
  const seconds = Math.round((Date.now() - start) / 1000);
  return { kubernetes, tests, seconds, ...verdict, namespacesLeft: await added(namespaces, before) };
}

/** Namespaces that weren't there before, and don't go. */
async function added(namespaces: () => Promise<string[]>, before: readonly string[]): Promise<string[]> {
  const deadline = Date.now() + NAMESPACES_MS;
  for (;;) {
    const left = (await namespaces()).filter((name) => !before.includes(name));
    if (left.length === 0 || Date.now() > deadline) return left;
    await setTimeout(5000);
  }
}

async function runTests(version: string, kubeconfig: string): Promise<Verdict> {
  const program = (name: string) => path.join(root, "build/toolchain/conformance", version, name);
  const chosen = findTests(await testsOf(program("e2e.test")), Object.values(chosenTests).flat());
  const results = path.join(root, "build/conformance", version);
  fs.rmSync(results, { recursive: true, force: true });
  fs.mkdirSync(results, { recursive: true });

  const { stdout, stderr } = await run(program("ginkgo"), [
    ...[`--procs=${PROCESSES}`, "--timeout=30m", "--no-color", `--focus=${focusOn(chosen)}`],
    ...[`--output-dir=${results}`, "--json-report=report.json"],
    ...[program("e2e.test"), "--", "--provider=skeleton"],
    ...[`--kubeconfig=${kubeconfig}`, `--kubectl-path=${program("kubectl")}`],
  ]);
  const log = path.join(results, "output.log");
  fs.writeFileSync(log, stdout + stderr);
  const report = path.join(results, "report.json");
  if (!fs.existsSync(report)) throw new Error(`the tests have left no report; their output is in ${log}`);
  return judge(JSON.parse(fs.readFileSync(report, "utf8")) as GinkgoReport, chosen);
}

/** Names of all conformance tests of a release. */
async function testsOf(program: string): Promise<string[]> {
  const list = yaml.load(await output(program, ["--list-conformance-tests"])) as { codename: string }[];
  return list.map(({ codename }) => codename);
}
