import * as fs from "node:fs";
import * as path from "node:path";

import { kubernetesVersions } from "../../../components/artifacts/kubernetesReleases";
import { newestPatches } from "../../../components/cluster/versionsPlan";
import { eventually } from "../../support/eventually";
import { output } from "../../support/shell";
import { root, Stack, workFolder } from "../../support/stack";
import { type Entry, StoryMachines } from "../cluster/storyMachines";
import { Kubectl } from "../support/kubectl";
import { Report } from "../support/report";
import { story } from "../support/story";
import { comparePerHost } from "./comparison";

const stack = new Stack("e2e-years-times");
const report = new Report("times", "e2e-years");
const machines = new StoryMachines(stack, 210);
const key = path.join(workFolder, `${stack.name}.key`);

/** Largest ratio of the time per host that `pulumi up` takes to the time by hand. */
const MAX_RATIO = 1.25;
const rounds = Number(process.env["ROUNDS"] ?? 1);
const [from, to] = newestPatches(kubernetesVersions) as [string, string];

story(`an upgrade from ${from} to ${to} by up takes at most a quarter more time per host than by hand`, (step) => {
  const seconds: Record<"up" | "byHand", number[]> = { up: [], byHand: [] };
  let hosts: Entry[];
  let kubectl: Kubectl;

  /** Makes the same cluster for each side, on empty machines. */
  async function makeCluster(): Promise<void> {
    await stack.clear();
    const privateKey = await machines.createKey();
    fs.writeFileSync(key, privateKey, { mode: 0o600 });
    hosts = [await machines.make("master", "control-plane", 0)];
    for (const number of [1, 2]) hosts.push(await machines.make(`worker-${number}`, "worker", number));
    await stack.create({ kubernetes: { version: from }, kafka: { heap: "256m" } });
    await stack.setSecret("sshPrivateKey", privateKey);
    machines.list(...hosts);
    await stack.up();
    kubectl = new Kubectl(stack.name, (await stack.outputs()).kubeconfig);
  }

  /**
   * Waits until every node is Ready at the new version and takes pods again, which is the end on both sides.
   *
   * @param hasFailed ends the wait
   */
  async function isUpgraded(hasFailed: () => boolean): Promise<void> {
    const facts =
      "{.status.nodeInfo.kubeletVersion} {.status.conditions[?(@.type=='Ready')].status} {.spec.unschedulable}" +
      "{.metadata.annotations['kubeadm-kafka/upgrade']}";
    await eventually(3600, async () => {
      if (hasFailed()) return;
      const nodes = await kubectl.run("get", "nodes", "--output", `jsonpath={range .items[*]}${facts}{'\\n'}{end}`);
      if (nodes !== `v${to} True \n`.repeat(hosts.length)) throw new Error(`not upgraded yet:\n${nodes}`);
    });
  }

  async function measure(side: keyof typeof seconds, upgrade: () => Promise<unknown>): Promise<void> {
    await makeCluster();
    let failed = false;
    const start = Date.now();
    const ended = isUpgraded(() => failed).then(() => (Date.now() - start) / 1000);
    await upgrade().catch((error: unknown) => {
      failed = true;
      throw error;
    });
    seconds[side].push(await ended);
    report.add("seconds", seconds);
    await stack.end();
    await machines.removeAll();
  }

  for (let round = 1; round <= rounds; round++) {
    step(`by up, round ${round}`, () =>
      measure("up", async () => {
        await stack.setConfig("kubernetes.version", to);
        await stack.up();
      }),
    );

    step(`by hand, round ${round}`, () =>
      measure("byHand", () => {
        const [master, ...workers] = hosts.map(({ name, address }) => `${name}=${address}`);
        return output("bash", [path.join(root, "tests/e2e/years/upgrade-by-hand.sh")], {
          env: {
            MASTER: master,
            WORKERS: workers.join(" "),
            VERSION: to,
            KUBECONFIG: kubectl.kubeconfig,
            LOGS: workFolder,
            KEY: key,
          },
        });
      }),
    );
  }

  step("the time per host is at most a quarter longer than by hand", () => {
    const comparison = comparePerHost(seconds, hosts.length);
    report.add("perHost", comparison);
    console.log(
      `per host by pulumi up ${comparison.up.toFixed(1)} s, by hand ${comparison.byHand.toFixed(1)} s: ratio ${comparison.ratio}`,
    );
    expect(comparison.ratio).toBeLessThanOrEqual(MAX_RATIO);
    return Promise.resolve();
  });

  step.cleanUp(async () => {
    if (process.env["KEEP"]) return;
    await stack.end();
    await machines.removeAll();
    stack.remove();
    fs.rmSync(key, { force: true });
  });
});
