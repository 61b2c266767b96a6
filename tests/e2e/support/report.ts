import * as fs from "node:fs";
import * as path from "node:path";

/** What a run found, in numbers, for people and programs: build/e2e.json, a part a story. */
export class Report {
  private readonly facts: Record<string, unknown> = {};

  constructor(
    private readonly story: string,
    private readonly file: string,
  ) {}

  add(fact: string, value: unknown): void {
    this.facts[fact] = value;
    const all = fs.existsSync(this.file)
      ? (JSON.parse(fs.readFileSync(this.file, "utf8")) as Record<string, unknown>)
      : {};
    fs.mkdirSync(path.dirname(this.file), { recursive: true });
    fs.writeFileSync(this.file, `${JSON.stringify({ ...all, [this.story]: this.facts }, null, 2)}\n`);
  }
}
