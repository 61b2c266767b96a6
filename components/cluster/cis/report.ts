import { checks } from "./plan";

/** A line of cis.sh. */
export interface Finding {
  /** Number of the check in the benchmark. @example "1.2.15" */
  readonly number: string;
  readonly passed: boolean;
  /** What was found. @example "--profiling is false" */
  readonly found: string;
}

/** What a host's checks found. */
export interface CheckedHost {
  readonly name: string;
  readonly findings: readonly Finding[];
  /** Why the host could not be checked. @default it was */
  readonly failure?: string;
}

/** Parses cis.sh's result. @throws Error where a line is no finding of a check that we know, or there is none */
export function parseFindings(text: string): Finding[] {
  const findings = text.split("\n").filter(Boolean).map(parseFinding);
  if (findings.length === 0) throw new Error("no findings");
  return findings;
}

function parseFinding(line: string): Finding {
  const [, number = "", result, found = ""] = /^(\S+) (pass|fail) (.*)$/.exec(line) ?? [];
  if (!checks.has(number)) throw new Error(`no finding: ${line}`);
  return { number, passed: result === "pass", found };
}

/** Whether a host could not be checked, or fails a check that it must pass. */
export function isBad({ findings, failure }: CheckedHost): boolean {
  return failure !== undefined || findings.some((finding) => resultOf(finding) === "FAIL");
}

/**
 * The table for people. Hosts with the same findings share a row.
 *
 * @example "1.2.15  pass      The API server offers no profile of itself"
 */
export function cisReport(hosts: readonly CheckedHost[]): string {
  const checked = hosts.filter(({ failure }) => failure === undefined);
  const rows = [...checks.keys()].flatMap((number) => rowsOf(number, checked));
  const counts = (result: Result): number => rows.filter((row) => row.result === result).length;
  return [
    ...rows.map(textOf),
    ...hosts.flatMap(({ name, failure }) =>
      failure === undefined ? [] : [`${name} could not be checked: ${failure}`],
    ),
    `${counts("pass")} pass, ${counts("accepted")} fail for a reason in docs/cis.md, ${counts("FAIL")} fail`,
  ].join("\n");
}

type Result = "pass" | "accepted" | "FAIL";

interface Row {
  readonly number: string;
  readonly result: Result;
  readonly found: string;
  readonly hosts: readonly string[];
  readonly isOfAll: boolean;
}

function rowsOf(number: string, hosts: readonly CheckedHost[]): Row[] {
  const found = hosts.flatMap(({ name, findings }) =>
    findings.filter((finding) => finding.number === number).map((finding) => ({ name, finding })),
  );
  const groups = Map.groupBy(found, ({ finding }) => `${resultOf(finding)} ${finding.passed ? "" : finding.found}`);
  return [...groups.values()].map((group) => ({
    number,
    result: resultOf(group[0]!.finding),
    found: group[0]!.finding.found,
    hosts: group.map(({ name }) => name),
    isOfAll: group.length === found.length,
  }));
}

function resultOf({ number, passed }: Finding): Result {
  if (passed) return "pass";
  return checks.get(number)!.accepted === undefined ? "FAIL" : "accepted";
}

function textOf({ number, result, found, hosts, isOfAll }: Row): string {
  const what = `${number.padEnd(7)} ${result.padEnd(9)} ${checks.get(number)!.what}`;
  const where = isOfAll ? "" : ` on ${hosts.join(", ")}`;
  return result === "pass" ? `${what}${where}` : `${what}${where}: ${found}`;
}
