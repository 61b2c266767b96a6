/** A line of `go test -json`. */
export interface GoTestEvent {
  Action: string;
  Package?: string;
  /** Absent where the event is a whole package's. */
  Test?: string;
  Output?: string;
  /** Only of a package that didn't compile: how `ImportPath` names its output's events. */
  FailedBuild?: string;
  ImportPath?: string;
}

/** The numbers of jest's report. A package that failed without a failing test is a suite that failed. */
interface Counts {
  numPassedTests: number;
  numFailedTests: number;
  numRuntimeErrorTestSuites: number;
}

export function countTests(events: readonly GoTestEvent[]): Counts {
  const tests = events.filter(({ Test }) => Test !== undefined);
  return {
    numPassedTests: tests.filter(({ Action }) => Action === "pass").length,
    numFailedTests: tests.filter(({ Action }) => Action === "fail").length,
    numRuntimeErrorTestSuites: failedPackages(events).filter((name) => !tests.some(failedIn(name))).length,
  };
}

/** The output of failed tests. For packages that failed without a failed test, all their output, or the compiler's. */
export function outputOfFailed(events: readonly GoTestEvent[]): string {
  const failed = events.filter(({ Action }) => Action === "fail");
  return events
    .filter(({ Output }) => Output !== undefined)
    .filter(({ Package, Test, ImportPath }) =>
      failed.some((failure) =>
        ImportPath === undefined
          ? failure.Package === Package && failure.Test === Test
          : failure.FailedBuild === ImportPath,
      ),
    )
    .map(({ Output }) => Output)
    .join("");
}

function failedPackages(events: readonly GoTestEvent[]): (string | undefined)[] {
  return events.filter(({ Action, Test }) => Action === "fail" && Test === undefined).map(({ Package }) => Package);
}

function failedIn(name: string | undefined): (event: GoTestEvent) => boolean {
  return ({ Action, Package }) => Action === "fail" && Package === name;
}
