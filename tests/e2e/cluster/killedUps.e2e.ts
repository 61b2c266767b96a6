import { Stack } from "../../support/stack";
import { Report } from "../support/report";
import { story } from "../support/story";
import { destroysAfter, killsAfter } from "./killPlan";
import { type Entry, Machines } from "./storyMachines";

const stack = new Stack("e2e-killed");
const report = new Report("killedUps", "e2e-cluster");
const machines = new Machines(stack, 160, { memory: "3g" });

/** Of the resources in the cluster, a destroy is tried after every so many. */
const every = Number(process.env["EVERY"] ?? 10);

// How many kills there are is known when the stack has been up once, so all of them are one step of the story.
jest.setTimeout(4 * 60 * 60_000);

story("`pulumi up` is killed after each resource that it creates", (step) => {
  const hosts: Entry[] = [];
  let kills: string[];

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

  /** Returns which of these have come. */
  async function killAfterOneOf(urns: readonly string[], ...options: string[]): Promise<string[]> {
    const come = await stack.killUpAfterOneOf(urns, ...options);
    expect(come).not.toEqual([]);
    await stack.cancel();
    return come;
  }

  /**
   * From nothing: `up` is killed after whichever of these comes next, goes on the next time, and converges in the end. Returns
   * those that came together with another one, so that it wasn't killed after each.
   */
  async function goOnFromKillToKill(after: readonly string[], ...options: string[]): Promise<string[]> {
    const together: string[] = [];
    for (let missing = after; missing.length;) {
      const come = await killAfterOneOf(missing, ...options);
      console.log(
        `${after.length - missing.length + 1} of ${after.length}: killed after ${come.map(nameOf).join(", ")}`,
      );
      together.push(...come.slice(1));
      missing = missing.filter((urn) => !come.includes(urn));
    }
    await stack.up();
    await expectVerified();
    await destroyed();
    return together;
  }

  step("set-up", async () => {
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
    await destroyed();
  });

  step("each up continues until the next kill, and the last one converges", async () => {
    const rounds: { kills: number; seconds: number }[] = [];
    for (let left = kills; left.length > 0;) {
      const start = Date.now();
      // First with much under way at each kill, then with one thing at a time, so that nothing comes with another.
      const together = await goOnFromKillToKill(left, ...(rounds.length ? ["--parallel", "1"] : []));
      rounds.push({ kills: left.length - together.length, seconds: (Date.now() - start) / 1000 });
      report.add("converged", { resources: kills.length, rounds });
      left = together;
    }
  });

  step("a destroy in place of the next up leaves no residue", async () => {
    const found: { after: string; seconds: number }[] = [];
    const tried = destroysAfter(kills, every);
    for (const [index, urn] of tried.entries()) {
      console.log(`${index + 1} of ${tried.length}: killed after ${nameOf(urn)}, then destroyed`);
      await killAfterOneOf([urn]);
      found.push({ after: nameOf(urn), seconds: await destroyed() });
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
