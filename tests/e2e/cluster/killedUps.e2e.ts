import * as path from "node:path";

import { Stack, workFolder } from "../../support/stack";
import { Report } from "../support/report";
import { story } from "../support/story";
import { killsAfter } from "./killPlan";
import { type Entry, Machines } from "./machines";

const stack = new Stack("e2e-killed");
const report = new Report("killedUps", path.join(workFolder, "../e2e-cluster.json"));
const machines = new Machines(stack, 160, { memory: "3g" });

/** A sample: every so many resources. 1 is all of them, which takes hours. */
const every = Number(process.env["EVERY"] ?? 10);

// All kills are one step of the story: how many there are is known when the stack has been up once.
jest.setTimeout(8 * 60 * 60_000);

story("`pulumi up` is killed after a resource that it creates", (step) => {
  const hosts: Entry[] = [];
  let kills: string[];
  const survived: { after: string; then: "up" | "destroy"; seconds: number }[] = [];

  async function expectVerified(): Promise<void> {
    const { verification } = await stack.outputs();
    expect(verification.brokers).toBe(1);
    expect((await stack.up()).changes).toEqual({});
  }

  async function destroyed(): Promise<number> {
    const { seconds } = await stack.destroy();
    const left = await Promise.all(hosts.map(({ name }) => machines.residue(name)));
    expect(left.flat()).toEqual([]);
    return seconds;
  }

  /** Up to the kill, and what a user does then; in the end the machines are as they were before. */
  async function survive(after: string, then: "up" | "destroy"): Promise<void> {
    expect(await stack.killUpAfter(after)).toBe(true);
    await stack.cancel();
    if (then === "up") {
      const { seconds } = await stack.up();
      await expectVerified();
      await destroyed();
      survived.push({ after: nameOf(after), then, seconds });
    } else {
      survived.push({ after: nameOf(after), then, seconds: await destroyed() });
    }
    report.add("survived", survived);
  }

  step("set-up", async () => {
    await stack.clear();
    const privateKey = await machines.createKey();
    hosts.push(await machines.make("master", "control-plane", 0), await machines.make("worker", "worker", 1));
    await stack.create({});
    await stack.setSecret("sshPrivateKey", privateKey);
    machines.list(...hosts);
  });

  step("undisturbed it ends with a verified Kafka, and destroy leaves no residue", async () => {
    const { seconds } = await stack.up();
    await expectVerified();
    kills = killsAfter((await stack.exported()).deployment.resources, every);
    report.add("undisturbed", { seconds, kills: kills.length, every });
    await destroyed();
  });

  step("the next up converges, and a destroy instead leaves no residue", async () => {
    for (const [index, after] of kills.entries()) {
      console.log(`${index + 1} of ${kills.length}: killed after ${nameOf(after)}`);
      await survive(after, index % 2 === 0 ? "up" : "destroy");
    }
  });

  step.cleanUp(async () => {
    if (process.env["KEEP"]) return;
    await stack.try("cancel", "--stack", stack.name, "--yes");
    await stack.try("destroy", "--yes", "--skip-preview", "--stack", stack.name);
    await machines.removeAll();
    stack.remove();
  });
});

/** `KIND NAME`: names alone are not unique. */
function nameOf(urn: string): string {
  const [type, name] = urn.split("::").slice(-2);
  return `${type!.split(":").at(-1)!} ${name!}`;
}
