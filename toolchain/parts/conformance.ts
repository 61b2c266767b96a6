import * as fs from "node:fs";
import * as path from "node:path";
import { conformancePrograms, conformanceReleases } from "../recipes/conformance";
import type { Part } from "./part";

/** Kubernetes' conformance tests of each release that has some: build/toolchain/conformance/VERSION. */
export const conformance: Part = {
  name: "conformance",

  recipes: (_, content) => (content.conformance ? [...conformancePrograms] : []),

  tools: () => ({}),

  async ready({ content, ours, built }) {
    const folder = path.join(ours, "conformance");
    fs.rmSync(folder, { recursive: true, force: true });
    if (!content.conformance) return {};
    fs.mkdirSync(folder, { recursive: true });
    conformanceReleases.forEach(({ version }, index) => {
      fs.symlinkSync(built(conformancePrograms[index]!), path.join(folder, version));
    });
    return {};
  },
};
