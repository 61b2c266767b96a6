import { globSync, readFileSync } from "node:fs";
import * as path from "node:path";

const root = path.resolve(__dirname, "../../..");
const read = (file: string) => readFileSync(path.join(root, file), "utf8");
const codesIn = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, code]) => code!).sort();

const sources = globSync("{config,stacks,components}/**/*.{ts,sh}", { cwd: root });
const inCode = new Set(sources.flatMap((file) => codesIn(read(file), /\b(KK\d{3})\b/g)));
const documented = codesIn(read("docs/errors.md"), /^\| (KK\d{3}) /gm);

test("every code that the program gives is explained in docs/errors.md, and no other", () => {
  expect(documented).toEqual([...inCode].sort());
});

test("a code has one explanation", () => expect(documented).toEqual([...new Set(documented)]));
