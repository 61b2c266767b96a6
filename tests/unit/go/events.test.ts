import { countTests, type GoTestEvent, outputOfFailed } from "../../go/events";

const event = (Action: string, rest: Partial<GoTestEvent> = {}): GoTestEvent => ({ Action, Package: "p", ...rest });

test("passed and failed tests are counted, and only the failed ones' output is shown", () => {
  const events = [
    event("output", { Test: "A", Output: "a\n" }),
    event("pass", { Test: "A" }),
    event("output", { Test: "B", Output: "b\n" }),
    event("fail", { Test: "B" }),
    event("output", { Output: "FAIL\n" }),
    event("fail"),
  ];
  expect(countTests(events)).toEqual({ numPassedTests: 1, numFailedTests: 1, numRuntimeErrorTestSuites: 0 });
  expect(outputOfFailed(events)).toBe("b\nFAIL\n");
});

test("a package that doesn't compile counts as failed, and the compiler's output is shown", () => {
  const events: GoTestEvent[] = [
    { Action: "build-output", ImportPath: "p [p.test]", Output: "main.go:3: undefined: x\n" },
    { Action: "build-fail", ImportPath: "p [p.test]" },
    event("fail", { FailedBuild: "p [p.test]" }),
  ];
  expect(countTests(events)).toEqual({ numPassedTests: 0, numFailedTests: 0, numRuntimeErrorTestSuites: 1 });
  expect(outputOfFailed(events)).toBe("main.go:3: undefined: x\n");
});
