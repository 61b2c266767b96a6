import { Stack } from "../../support/stack";
import { Report } from "../support/report";
import { story } from "../support/story";
import { destroysAfter, killsAfter } from "./killPlan";
import { type Entry, StoryMachines } from "./storyMachines";

const stack = new Stack("e2e-killed");
const report = new Report("killedUps", "e2e-cluster");
const machines = new StoryMachines(stack, 160, { memory: "3g" });

/** A destroy is tried after one in this many resources of the cluster. */
const every = Number(process.env["EVERY"] ?? 10);

// Only a first `up` shows how many kills there are, so one step of the story has all of them.
jest.setTimeout(4 * 60 * 60_000);

story("`pulumi up` is killed after each resource that it creates", (step) => {
  const hosts: Entry[] = [];
  let kills: string[];

  async function expectVerified(): Promise<void> {
    const { verification } = await stack.outputs();
    expect(verification.brokers).toBe(1);
    expect((await stack.up()).changes).toEqual({});
  }

  async function destroyWithoutResidue(): Promise<number> {
    const { seconds } = await stack.destroy();
    const residues = await Promise.all(hosts.map(({ name }) => machines.residue(name)));
    expect(residues.flat()).toEqual([]);
    return seconds;
  }

  /** Kills `up` after one of these resources. @returns those that exist then */
  async function killAfterOneOf(urns: readonly string[], ...options: string[]): Promise<string[]> {
    const created = await stack.killUpAfterOneOf(urns, ...options);
    expect(created).not.toEqual([]);
    await stack.cancel();
    return created;
  }

  /**
   * Starts from nothing, and kills each `up` after the next of these resources that it creates. The last `up` has to converge.
   *
   * @returns resources that were created together with another one, so that no kill came directly after them
   */
  async function continueFromKillToKill(after: readonly string[], ...options: string[]): Promise<string[]> {
    const together: string[] = [];
    for (let missing = after; missing.length;) {
      const created = await killAfterOneOf(missing, ...options);
      console.log(
        `${after.length - missing.length + 1} of ${after.length}: killed after ${created.map(nameOf).join(", ")}`,
      );
      together.push(...created.slice(1));
      missing = missing.filter((urn) => !created.includes(urn));
    }
    await stack.up();
    await expectVerified();
    await destroyWithoutResidue();
    return together;
  }

  step("set-up: two empty machines are in the stack's config", async () => {
    await stack.clear();
    const privateKey = await machines.createKey();
    hosts.push(await machines.make("master", "control-plane", 0), await machines.make("worker", "worker", 1));
    await stack.create({});
    await stack.setSecret("sshPrivateKey", privateKey);
    machines.list(...hosts);
  });

  step("an up without kills ends with a verified Kafka, and destroy leaves no residue", async () => {
    const { seconds } = await stack.up();
    await expectVerified();
    kills = killsAfter((await stack.exported()).deployment.resources);
    report.add("undisturbed", { seconds });
    await destroyWithoutResidue();
  });

  step("each up continues until the next kill, and the last one converges", async () => {
    const rounds: { kills: number; seconds: number }[] = [];
    for (let remaining = kills; remaining.length > 0;) {
      const start = Date.now();
      // The first round kills `up` with many operations under way; the next ones allow one at a time, so that none come together.
      const together = await continueFromKillToKill(remaining, ...(rounds.length ? ["--parallel", "1"] : []));
      rounds.push({ kills: remaining.length - together.length, seconds: (Date.now() - start) / 1000 });
      report.add("converged", { resources: kills.length, rounds });
      remaining = together;
    }
  });

  step("a destroy in place of the next up leaves no residue", async () => {
    const found: { after: string; seconds: number }[] = [];
    const tried = destroysAfter(kills, every);
    for (const [index, urn] of tried.entries()) {
      console.log(`${index + 1} of ${tried.length}: killed after ${nameOf(urn)}, then destroyed`);
      await killAfterOneOf([urn]);
      found.push({ after: nameOf(urn), seconds: await destroyWithoutResidue() });
      report.add("destroyed", found);
    }
  });

  step.cleanUp(async () => {
    if (process.env["KEEP"]) return;
    await stack.try("cancel", "--stack", stack.name, "--yes");
    await stack.end();
    await machines.removeAll();
    stack.remove();
  });
});

/** `KIND NAME`: names alone are not unique. */
function nameOf(urn: string): string {
  const [type, name] = urn.split("::").slice(-2);
  return `${type!.split(":").at(-1)!} ${name!}`;
}
