import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import { build, planBuild } from "../../../toolchain/engine/build";
import { takeLock, tryLock } from "../../../toolchain/engine/lock";
import type { Recipe } from "../../../toolchain/engine/recipe";
import type { Surroundings } from "../../../toolchain/engine/runner";
import { recipe, sandbox, type Sandbox } from "./recipes";

let box: Sandbox;
let printed: string[];
beforeEach(() => {
  box = sandbox();
  printed = [];
  jest.spyOn(console, "log").mockImplementation((line: string) => void printed.push(line));
});
afterEach(() => {
  jest.restoreAllMocks();
  box.remove();
});

const make = (recipes: Recipe[], around: Surroundings = box.around) => build(planBuild(recipes, around), around);
const count = (file: string) => fs.readFileSync(path.join(box.around.store.cache, file), "utf8").length;

test("a script gets its settings, the paths of its dependencies, and folders to work in", async () => {
  const tool = recipe("the-tool");
  box.write("the-tool.sh", 'echo hammer >"$OUT/tool"');
  box.write("wall.sh", 'echo "$COLOUR $(cat "$THE_TOOL_DIR/tool")" >"$OUT/text"; touch "$WORK/x" "$BUILD/y"');
  const paths = await make([recipe("wall", { needs: [tool], settings: { COLOUR: "red" } })]);

  expect(fs.readdirSync(paths.wall!)).toEqual(["text"]);
  expect(fs.readFileSync(path.join(paths.wall!, "text"), "utf8")).toBe("red hammer\n");
});

test("a script finds a dependency by the name that its versions share", async () => {
  box.write("the-tool-2.sh", 'echo hammer >"$OUT/tool"');
  box.write("wall.sh", 'cp "$THE_TOOL_DIR/tool" "$OUT"');
  const paths = await make([recipe("wall", { needs: [recipe("the-tool-2", { as: "the-tool" })] })]);
  expect(fs.readFileSync(path.join(paths.wall!, "tool"), "utf8")).toBe("hammer\n");
});

test("a second run, and one in another checkout, run no script", async () => {
  box.write("slow.sh", 'printf x >>"$BUILD/../runs"; touch "$OUT/done"');
  const first = await make([recipe("slow")]);
  expect(await make([recipe("slow")])).toEqual(first);
  expect(await make([recipe("slow")], box.clone())).toEqual(first);
  expect(count("runs")).toBe(1);
});

test("a failed build leaves no entry, shows the end of its output, and keeps what others built", async () => {
  box.write("good.sh", 'touch "$OUT/done"');
  box.write("bad.sh", 'touch "$OUT/half"; echo "no such planet" >&2; exit 3');
  await expect(make([recipe("bad"), recipe("good")])).rejects.toThrow(
    /bad\.sh ended with 3\s+no such planet\s+All of it: .*bad\.log/,
  );
  expect(box.around.store.ids()).toEqual([expect.stringMatching(/^good-/)]);
  expect(planBuild([recipe("bad"), recipe("good")], box.around).steps.map(({ recipe: { name } }) => name)).toEqual([
    "bad",
  ]);
});

test("the compilers' caches are deleted after success, and kept after failure and while another checkout builds", async () => {
  const caches = path.join(box.around.store.cache, "build");
  box.write("bad.sh", 'touch "$BUILD/x"; exit 1');
  await expect(make([recipe("bad")])).rejects.toThrow();
  expect(fs.existsSync(caches)).toBe(true);

  box.write("good.sh", 'touch "$OUT/done"');
  const other = await takeLock(path.join(box.around.store.cache, "locks", "build"), fail, "shared");
  await make([recipe("good")]);
  expect(fs.existsSync(caches)).toBe(true);
  other.release();

  box.write("good.sh", 'touch "$OUT/again"');
  await make([recipe("good")]);
  expect(fs.existsSync(caches)).toBe(false);
});

test("two parallel builders run the script once", async () => {
  box.write(
    "slow.sh",
    'printf x >>"$BUILD/../runs"; mkfifo "$BUILD/../gate"; read -r <"$BUILD/../gate"; touch "$OUT/done"',
  );
  const gate = path.join(box.around.store.cache, "gate");
  const first = make([recipe("slow")]);
  const second = make([recipe("slow")], box.clone());
  await waitUntil(() => printed.some((line) => line.includes("another process is building it")) && fs.existsSync(gate));
  fs.writeFileSync(gate, "\n");

  expect(await first).toEqual(await second);
  expect(count("runs")).toBe(1);
  expect(printed.join()).toMatch(/built by another process/);
});

test("a killed build leaves no partial entry and no lock, and the next one completes", async () => {
  const { around } = box;
  box.write(
    "slow.sh",
    'touch "$OUT/half"; printf x >>"$BUILD/../runs"; if [[ -n ${HANG:-} ]]; then exec sleep 1000; fi; touch "$OUT/done"',
  );
  const engine = path.resolve("toolchain/engine");
  const program = `
    const { build, planBuild } = require("${engine}/build");
    const { Store } = require("${engine}/store");
    const around = { root: "${around.root}", logs: "${around.logs}", store: new Store("${around.store.cache}") };
    build(planBuild([{ name: "slow", summary: "", inputs: [], script: "slow.sh" }], around), around);`;
  const child = spawn(process.execPath, ["--require", "ts-node/register", "--eval", program], {
    env: { ...process.env, HANG: "1" },
    detached: true, // a process group of its own, so that the script dies with it
    stdio: "inherit",
  });
  await waitUntil(() => fs.existsSync(path.join(around.store.cache, "runs")));
  process.kill(-child.pid!, "SIGKILL");
  await once(child, "exit");
  expect(around.store.ids()).toEqual([]);

  const paths = await make([recipe("slow")]);
  expect(fs.readdirSync(paths.slow!).sort()).toEqual(["done", "half"]);
  expect(fs.readdirSync(path.join(around.store.cache, "tmp"))).toEqual([]);
}, 20_000);

test("a lock is free again when its holder has exited, and not before", async () => {
  const file = path.join(box.around.root, "lock");
  const held = await takeLock(file, fail);
  expect(await tryLock(file)).toBeUndefined();
  held.release();
  (await tryLock(file))!.release();
});

test("a changed input is named and causes a new build, and the previous entry stays", async () => {
  box.write("page.sh", 'cp page.txt "$OUT"');
  box.write("page.txt", "1");
  await make([recipe("page", { inputs: ["page.txt"] })]);
  box.write("page.txt", "2");
  const [step] = planBuild([recipe("page", { inputs: ["page.txt"] })], box.around).steps;
  expect(step!.why).toBe("page.txt changed since it was last used here");
  await make([recipe("page", { inputs: ["page.txt"] })]);
  expect(box.around.store.ids()).toHaveLength(2);
});

function fail(): never {
  throw new Error("the lock was expected to be free");
}

async function waitUntil(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}
