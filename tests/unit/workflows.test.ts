import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";

import { load } from "js-yaml";

interface Step {
  run?: string;
  uses?: string;
  env?: Record<string, string>;
  with?: Record<string, string>;
}
interface Workflow {
  env?: Record<string, string>;
  jobs: Record<string, { env?: Record<string, string>; steps: Step[] }>;
}

const folder = path.resolve(__dirname, "../../.github/workflows");
const workflows = readdirSync(folder).map(
  (name) => [name, load(readFileSync(path.join(folder, name), "utf8")) as Workflow] as const,
);

/** Whether an expression yields a secret, rather than whether there is one. */
const yieldsSecret = (text: unknown): boolean => /secrets\.(?!\w+ [!=]= '')/.test(String(text));
const values = (...all: (Record<string, string> | undefined)[]) => all.flatMap((each) => Object.values(each ?? {}));

test.each(workflows)("%s gives secrets only to the steps that name them", (_, { env, jobs }) => {
  const shared = values(env, ...Object.values(jobs).map((job) => job.env));
  expect(shared.filter(yieldsSecret)).toEqual([]);
});

test.each(workflows)(
  "%s gives no secret to a step that installs packages or runs others' code from a tag",
  (_, { jobs }) => {
    const steps = Object.values(jobs).flatMap((job) => job.steps);
    const trusted = ({ uses }: Step) => uses === undefined || /@[0-9a-f]{40}$/.test(uses);
    const installs = ({ run = "" }: Step) => /\b(npm|apt-get|pip|go install)\b/.test(run);
    expect(steps.filter((step) => !trusted(step))).toEqual([]);
    expect(steps.filter((step) => installs(step) && values(step.env, step.with).some(yieldsSecret))).toEqual([]);
  },
);

test("secrets are found where they are", () => {
  expect(["${{ secrets.A }}", "${{ secrets.A || 'x' }}"].map(yieldsSecret)).toEqual([true, true]);
  expect(["${{ secrets.A != '' }}", "x"].map(yieldsSecret)).toEqual([false, false]);
});
