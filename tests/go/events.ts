/** A line of `go test -json`. */
export interface GoTestEvent {
  Action: string;
  Package?: string;
  /** Absent if the event is about a whole package. */
  Test?: string;
  Output?: string;
  /** Only in the event of a package that didn't compile: the `ImportPath` of the events with its output. */
  FailedBuild?: string;
  ImportPath?: string;
}

/** The counts of jest's report. A package that fails without a failing test counts as a failed suite. */
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

/** The output of failed tests. If a package failed without a failed test, all its output or the compiler's. */
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
