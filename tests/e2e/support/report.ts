import * as fs from "node:fs";
import * as path from "node:path";

import { root } from "../../support/stack";

/** A run's figures, for people and programs: build/RUN.json, with a part for each story. */
export class Report {
  private readonly facts: Record<string, unknown> = {};
  private readonly file: string;

  constructor(
    private readonly story: string,
    run: "e2e" | "e2e-kafka" | "e2e-cluster" | "e2e-gcp" | "e2e-years",
  ) {
    this.file = path.join(root, `build/${run}.json`);
  }

  add(fact: string, value: unknown): void {
    this.facts[fact] = value;
    const all = fs.existsSync(this.file)
      ? (JSON.parse(fs.readFileSync(this.file, "utf8")) as Record<string, unknown>)
      : {};
    fs.mkdirSync(path.dirname(this.file), { recursive: true });
    fs.writeFileSync(this.file, `${JSON.stringify({ ...all, [this.story]: this.facts }, null, 2)}\n`);
  }
}
