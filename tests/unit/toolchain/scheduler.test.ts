import type { Resolved } from "../../../toolchain/engine/ingredients";
import { schedule } from "../../../toolchain/engine/scheduler";
import { parallelism } from "../../../toolchain/engine/build";
import { recipe } from "./recipes";

function step(id: string, seconds: number, ...needs: Resolved[]): Resolved {
  const ingredients = { name: id, arch: "", script: "", files: {}, settings: {}, needs: {} };
  return { id, recipe: recipe(id, { usual: { seconds, megabytes: 0 } }), ingredients, needs };
}

/** Runs the steps, each for as many turns of the event loop as it has seconds. @returns `+a` as a starts, `-a` as it ends */
async function trace(steps: Resolved[], limit: number, failing?: string): Promise<string> {
  const events: string[] = [];
  const failures = await schedule(steps, limit, async ({ id, recipe: { usual } }) => {
    events.push(`+${id}`);
    for (let turn = 0; turn < (usual?.seconds ?? 0); turn++) await new Promise(setImmediate);
    if (id === failing) throw new Error("no");
    events.push(`-${id}`);
  });
  return [...events, ...failures.map(({ id }) => `failed ${id}`)].join(" ");
}

test("a step starts after its dependencies, even if it could run earlier", async () => {
  const compiler = step("compiler", 3);
  expect(await trace([step("image", 1, compiler), compiler], 4)).toBe("+compiler -compiler +image -image");
});

test("independent steps run in parallel, up to the limit", async () => {
  expect(await trace([step("a", 9), step("b", 4), step("c", 1)], 2)).toBe("+a +b -b +c -c -a");
});

test("the head of the longest chain starts first", async () => {
  const head = step("head", 1);
  expect(await trace([step("long", 5), head, step("tail", 9, head)], 1)).toMatch(/^\+head -head \+tail/);
});

test("after a failure running steps finish and no new one starts", async () => {
  const bad = step("bad", 3);
  const steps = [bad, step("running", 2), step("dependent", 1, bad), step("waiting", 1)];
  expect(await trace(steps, 2, "bad")).toBe("+bad +running -running +waiting -waiting failed bad");
  expect(await trace([step("running", 5), bad, step("waiting", 1)], 2, "bad")).toBe(
    "+running +bad -running failed bad",
  );
});

test("two parallel builds on two cores, fewer if memory is short", () => {
  expect(parallelism(2, 24 * 2 ** 30)).toBe(2);
  expect(parallelism(32, 64 * 2 ** 30)).toBe(4);
  expect(parallelism(8, 3 * 2 ** 30)).toBe(1);
});
