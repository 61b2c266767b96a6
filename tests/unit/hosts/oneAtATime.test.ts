import { execFileSync } from "node:child_process";
import { join } from "node:path";

const script = join(__dirname, "../../../components/hosts/gcp/scripts/refuse-two-at-once.sh");

/** The script's output, given its output of the last run. */
function printedAfter(before: string[], now: string[]): string[] {
  const environment = { ...process.env, PULUMI_COMMAND_STDOUT: before.join("\n"), MACHINES: now.join("\n") };
  return execFileSync("bash", [script], { env: environment, encoding: "utf8", stdio: "pipe" }).trim().split("\n");
}

const [a, b, c] = ["a small zone-a", "b small zone-a", "c small zone-b"];

test.each<[string, string[], string[]]>([
  ["the first machines", [], [a, b]],
  ["no change", [a, b], [a, b]],
  ["one that changes", [a, b], ["a large zone-a", b]],
  ["many that come and go", [a, b], [a, c, "d small zone-b"]],
  ["another order", [a, b], [b, a]],
])("%s: goes on, and is what the next run compares with", (_name, before, now) => {
  expect(printedAfter(before, now)).toEqual(now);
});

test("two changing instances are refused by name, whatever else changes", () => {
  expect(() => printedAfter([a, b, c], ["a large zone-a", "b small zone-c", c])).toThrow(
    "this would stop or replace a b in one run; change one instance, `bin/pulumi up`, then the next",
  );
});
