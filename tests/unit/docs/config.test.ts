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
  const keys = Object.entries(configRoot.properties ?? {}).map(([name, { description }]) => [name, description]);
  expect(described).toEqual(keys);
});

test("the config's keys name no project, since `pulumi new` gives a project made from this one another name", () => {
  for (const file of ["Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.lab.yaml", "Pulumi.gcp.yaml"]) {
    const { config } = yaml.load(read(file)) as { config: Record<string, unknown> };
    expect(Object.keys(config).filter((key) => !(key in configRoot.properties!))).toEqual([]);
  }
});

test("`pulumi new` describes the project as Pulumi.yaml does, and asks for no config: it takes text alone, the keys are sets", () => {
  const { description, template } = yaml.load(read("Pulumi.yaml")) as {
    description: string;
    template: Record<string, string>;
  };
  expect(template).toEqual({ description, quickstart: expect.stringContaining("make up") });
});
