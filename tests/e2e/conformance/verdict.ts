/** A test or a part of the suite's set-up, as far as ginkgo's report says what came of it. */
interface SpecReport {
  /** Texts around the test's own. JSON has null where there are none. */
  readonly ContainerHierarchyTexts: readonly string[] | null;
  /** @example "It", "SynchronizedBeforeSuite" */
  readonly LeafNodeType: string;
  readonly LeafNodeText: string;
  /** @example "passed", "skipped", "failed", "timedout" */
  readonly State: string;
  readonly Failure?: { readonly Message: string };
}

/** ginkgo's report, as `--json-report` writes it: one of each suite. */
export type GinkgoReport = readonly { readonly SpecReports: readonly SpecReport[] }[];

/** What came of the chosen tests. */
export interface Verdict {
  readonly passed: number;
  /** Tests, and parts of the suite's set-up, that failed, were interrupted or took too long. */
  readonly failed: readonly { readonly name: string; readonly message: string }[];
  /** Chosen tests that neither passed nor failed. */
  readonly notRun: readonly string[];
}

/** Judges a run. A chosen test that the report lacks counts as not run. */
export function judge(report: GinkgoReport, chosen: readonly string[]): Verdict {
  const specs = report.flatMap(({ SpecReports }) => SpecReports);
  const named = specs.map((spec) => ({ ...spec, name: nameOf(spec) }));
  const failed = named.filter(({ State }) => !["passed", "skipped", "pending"].includes(State));
  const passed = new Set(named.filter(({ State }) => State === "passed").map(({ name }) => name));
  const ended = new Set([...passed, ...failed.map(({ name }) => name)]);
  return {
    passed: chosen.filter((name) => passed.has(name)).length,
    failed: failed.map(({ name, State, Failure }) => ({ name, message: Failure?.Message ?? State })),
    notRun: chosen.filter((name) => !ended.has(name)),
  };
}

function nameOf({ ContainerHierarchyTexts, LeafNodeText, LeafNodeType }: SpecReport): string {
  const texts = [...(ContainerHierarchyTexts ?? []), LeafNodeText].filter(Boolean);
  return texts.join(" ") || LeafNodeType;
}

/** A run on a cluster. */
export interface ConformanceRun extends Verdict {
  /** Version of the API server. */
  readonly kubernetes: string;
  /** Version of the tests, of the same minor version. */
  readonly tests: string;
  readonly seconds: number;
  /** Namespaces that the tests have left behind. */
  readonly namespacesLeft: readonly string[];
}

/** What keeps a cluster from being conformant, as far as the chosen tests can say. Empty if nothing does. */
export function problemsOf({ failed, notRun, namespacesLeft }: ConformanceRun): string[] {
  return [
    ...failed.map(({ name, message }) => `failed: ${name}: ${message}`),
    ...notRun.map((name) => `did not run: ${name}`),
    ...namespacesLeft.map((name) => `left behind: namespace ${name}`),
  ];
}

/** A run in words for people. */
export function describeRun(run: ConformanceRun): string {
  const { kubernetes, tests, seconds, passed, failed, notRun } = run;
  const counts = `${passed} passed, ${failed.length} failed, ${notRun.length} did not run`;
  const summary = `Kubernetes ${kubernetes}, conformance tests of ${tests}: ${counts}, in ${seconds} s`;
  return [summary, ...problemsOf(run).map((problem) => `  ${problem}`)].join("\n");
}
