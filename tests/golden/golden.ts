/** Writes each stack's declarations, and the README with its graph, at their paths below the given folder. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { DEFAULT_SCHEMA, dump, Type } from "js-yaml";

import { root } from "../support/stack";
import { describeAll, type Descriptions, Secret, unknownInPreview } from "./describe";
import { difference } from "./difference";
import { declared } from "./files";
import { drawGraph, putGraph } from "./graph";
import { record } from "./record";
import { configOf, type GoldenStack, stacks } from "./stacks";

async function main(target: string): Promise<void> {
  // Declarations must not depend on the artifacts that this machine has built.
  for (const name of ["KUBEADM_KAFKA_MIRROR", "KUBEADM_KAFKA_HOST_IMAGE"]) delete process.env[name];

  const folder = join(target, declared);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const described = new Map<string, Descriptions>();
  for (const stack of stacks) {
    described.set(stack.file, await describeStack(stack));
    writeFileSync(join(folder, `${stack.file}.yaml`), render(stack, described));
  }
  const readme = readFileSync(join(root, "README.md"), "utf8");
  writeFileSync(join(target, "README.md"), putGraph(readme, drawGraph(described.get("dev")!)));
}

async function describeStack(stack: GoldenStack): Promise<Descriptions> {
  const config = configOf(stack);
  const up = describeAll(await record(stack.stack, config, false));
  const preview = describeAll(await record(stack.stack, config, true));
  for (const key of new Set([...Object.keys(up), ...Object.keys(preview)])) {
    try {
      const unknown = unknownInPreview(preview[key], up[key]);
      if (unknown.length) up[key]!["unknownInPreview"] = unknown;
    } catch (error) {
      throw new Error(`${stack.file}: ${key}: the first preview differs from up`, { cause: error });
    }
  }
  return up;
}

const secretTag = new Type("!secret", {
  kind: "scalar",
  instanceOf: Secret,
  represent: (secret) => (secret as Secret).value,
});

function render({ file, differsFrom }: GoldenStack, described: ReadonlyMap<string, Descriptions>): string {
  const all = described.get(file)!;
  const [title, shown] = differsFrom
    ? [`What ${file} declares otherwise than ${differsFrom}`, difference(described.get(differsFrom)!, all)]
    : [`What the stack ${file} declares`, all];
  const text = dump(shown, { schema: DEFAULT_SCHEMA.extend(secretTag), lineWidth: -1, noRefs: true });
  const spaced = text.replaceAll(/\n(?=\S)/g, "\n\n").replaceAll(/!secret $/gm, "!secret");
  return `# ${title}. Written by \`make golden\`, see tests/golden/README.md.\n\n${spaced}`;
}

void main(resolve(process.argv[2]!));
