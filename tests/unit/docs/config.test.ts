import { readFileSync } from "node:fs";
import * as path from "node:path";

import * as yaml from "js-yaml";

import { configReference } from "../../../docs/generate/configReference";
import { configRoot } from "../../../config/schema/keys";

const read = (file: string) => readFileSync(path.join(__dirname, "../../..", file), "utf8");

test("docs/config.md is what `make docs` writes", () => expect(read("docs/config.md")).toBe(configReference()));

test("every key that takes a value is described", () => {
  expect(configReference()).not.toMatch(/undefined|\| +\|$/m);
});

test("Pulumi.yaml knows the schema's keys, in the same words", () => {
  const project = yaml.load(read("Pulumi.yaml")) as { config: Record<string, { description: string }> };
  const described = Object.entries(project.config).map(([key, { description }]) => [key, `${description}.`]);
  const keys = Object.entries(configRoot.properties ?? {}).map(([name, { description }]) => [
    `kubeadm-kafka:${name}`,
    description,
  ]);
  expect(described).toEqual(keys);
});
