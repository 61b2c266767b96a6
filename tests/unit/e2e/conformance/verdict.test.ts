import { describeRun, type GinkgoReport, judge, problemsOf } from "../../../e2e/conformance/verdict";

type Spec = GinkgoReport[number]["SpecReports"][number];

const spec = (text: string, State: string, more: Partial<Spec> = {}): Spec => ({
  ContainerHierarchyTexts: ["[sig-node] Pods"],
  LeafNodeType: "It",
  LeafNodeText: `${text} [Conformance]`,
  State,
  ...more,
});
const name = (text: string) => `[sig-node] Pods ${text} [Conformance]`;
const chosen = [name("live"), name("die")];
const run = { kubernetes: "1.37.3", tests: "1.37.2", seconds: 420, namespacesLeft: [] };

test("tests that passed are counted, and others of the release, which were skipped, are no problem", () => {
  const setUp = spec("", "passed", { ContainerHierarchyTexts: null, LeafNodeType: "SynchronizedBeforeSuite" });
  const report = [{ SpecReports: [setUp, spec("live", "passed"), spec("die", "passed"), spec("fly", "skipped")] }];
  const verdict = judge(report, chosen);
  expect(verdict).toEqual({ passed: 2, failed: [], notRun: [] });
  expect(problemsOf({ ...run, ...verdict })).toEqual([]);
  expect(describeRun({ ...run, ...verdict })).toBe(
    "Kubernetes 1.37.3, conformance tests of 1.37.2: 2 passed, 0 failed, 0 did not run, in 420 s",
  );
});

test.each(["failed", "panicked", "timedout", "interrupted", "aborted"])(
  "a test that %s is a problem, and named with its reason",
  (state) => {
    const report = [{ SpecReports: [spec("live", "passed"), spec("die", state, { Failure: { Message: "no pod" } })] }];
    const verdict = judge(report, chosen);
    expect(verdict).toEqual({ passed: 1, failed: [{ name: name("die"), message: "no pod" }], notRun: [] });
    expect(describeRun({ ...run, ...verdict })).toContain(
      `1 failed, 0 did not run, in 420 s\n  failed: ${name("die")}: no pod`,
    );
  },
);

test("a chosen test that was skipped, is pending or is missing in the report did not run, which is a problem", () => {
  for (const rest of [[spec("die", "skipped")], [spec("die", "pending")], []]) {
    const verdict = judge([{ SpecReports: [spec("live", "passed"), ...rest] }], chosen);
    expect(verdict).toEqual({ passed: 1, failed: [], notRun: [name("die")] });
    expect(problemsOf({ ...run, ...verdict })).toEqual([`did not run: ${name("die")}`]);
  }
});

test("a set-up of the suite that failed is named, although no test failed", () => {
  const setUp = spec("", "failed", {
    ContainerHierarchyTexts: null,
    LeafNodeType: "SynchronizedBeforeSuite",
    LeafNodeText: "",
    Failure: { Message: "nodes aren't ready" },
  });
  const { failed, notRun } = judge([{ SpecReports: [setUp, spec("live", "skipped"), spec("die", "skipped")] }], chosen);
  expect(failed).toEqual([{ name: "SynchronizedBeforeSuite", message: "nodes aren't ready" }]);
  expect(notRun).toEqual(chosen);
});

test("a report of no suite is no success", () => {
  expect(judge([], chosen)).toEqual({ passed: 0, failed: [], notRun: chosen });
});

test("a namespace that the tests left behind is a problem", () => {
  const verdict = { passed: 2, failed: [], notRun: [] };
  expect(problemsOf({ ...run, ...verdict, namespacesLeft: ["pods-1234"] })).toEqual([
    "left behind: namespace pods-1234",
  ]);
});
