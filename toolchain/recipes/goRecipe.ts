import type { Cost, Recipe } from "../engine/recipe";

/** Programs built from pinned Go modules. */
export interface GoPrograms {
  name: string;
  summary: string;
  /** Name under which scripts find the programs, if other recipes build them in other versions. @default name */
  as?: string;
  /** Folder with go.mod and go.sum. @default toolchain/go/NAME */
  folder?: string;
  /** Packages to build. @default "tool", all that go.mod lists as tools */
  packages?: string;
  /** Variables that the linker sets, usually versions. */
  variables?: Record<string, string>;
  /** New names of programs, by the name that Go gives them (the last element of the package's path). */
  rename?: Record<string, string>;
  /** For the folder's prepare.sh, where it has one. */
  version?: string;
  usual?: Cost;
}

/** The recipe that leaves the programs in the store's entry. */
export function goRecipe(programs: GoPrograms): Recipe {
  const folder = programs.folder ?? `toolchain/go/${programs.name}`;
  return {
    name: programs.name,
    summary: programs.summary,
    ...(programs.as && { as: programs.as }),
    inputs: [folder],
    settings: {
      MODULE: folder,
      PACKAGES: programs.packages ?? "tool",
      LDFLAGS: pairs(programs.variables, (name, value) => `-X ${name}=${value}`),
      RENAME: pairs(programs.rename, (from, to) => `${from}=${to}`),
      VERSION: programs.version ?? "",
    },
    script: "toolchain/scripts/build-go.sh",
    tools: { go: "golang-go" },
    usual: programs.usual,
  };
}

function pairs(record: Record<string, string> = {}, format: (name: string, value: string) => string): string {
  return Object.entries(record)
    .map(([name, value]) => format(name, value))
    .join(" ");
}
