import { randomInt } from "node:crypto";

import { kubernetesVersions } from "../../../components/artifacts/kubernetesReleases";
import { eventually } from "../../support/eventually";
import { randomNumbers } from "../../support/randomNumbers";
import { runConformance } from "../conformance/run";
import { type ConformanceRun, describeRun, problemsOf } from "../conformance/verdict";
import { Report } from "../support/report";
import { story } from "../support/story";
import { killsOfNext } from "./killPlan";
import { changeWithKills } from "./killedChange";
import { brokers, Lab } from "./lab";
import { Loads } from "./loads";
import { PartialMirror } from "./partialMirror";
import { refusals } from "./refusals";
import { tooFar, upgradesOf } from "./releasePath";

const lab = new Lab();
const { stack } = lab;
const loads = new Loads(lab, new Report("upgrades", "e2e-years"));
/** Seed of the moments at which `up` is killed. To repeat a run, set the seed that it printed. */
const seed = Number(process.env["SEED"] ?? randomInt(2 ** 31));
const random = randomNumbers(seed);
/** Number of kills, in all upgrades but the first one, whose duration tells when to kill. */
const kills = Number(process.env["KILLS"] ?? 10);

const [oldest, next] = kubernetesVersions as [string, string];
const newest = kubernetesVersions.at(-1)!;
const [first, ...others] = upgradesOf(kubernetesVersions);

story(`Kubernetes is upgraded from ${oldest} to ${newest} while clients run`, (step) => {
  let undisturbedSeconds: number;
  let killed = 0;

  /** Upgrades under load, and looks at the result. */
  async function upgradeUnderLoad(to: string, upgrade: () => Promise<object>): Promise<void> {
    await stack.setConfig("kubernetes.version", to);
    await loads.duringWithRequests(to, upgrade);
    await everythingRuns(to);
    await lab.isWell();
  }

  /**
   * Expects that all kubelets and control planes run this version, that their packages are held, and that every node
   * takes pods.
   */
  async function everythingRuns(version: string): Promise<void> {
    const get = (...args: string[]) => lab.kubectl.run("get", ...args);
    const nodes = "jsonpath={range .items[*]}{.status.nodeInfo.kubeletVersion} {.spec.unschedulable}{'\\n'}{end}";
    expect(await get("nodes", "--output", nodes)).toBe(`v${version} \n`.repeat(lab.entries.length));
    for (const component of ["kube-apiserver", "kube-controller-manager", "kube-scheduler"]) {
      const pods = ["pods", "--namespace", "kube-system", "--selector", `component=${component}`];
      const images = await get(
        ...pods,
        "--output",
        "jsonpath={range .items[*]}{.spec.containers[0].image}{'\\n'}{end}",
      );
      expect(images).toBe(`registry.k8s.io/${component}:v${version}\n`.repeat(lab.masters.length));
    }
    for (const host of lab.entries) {
      const held = (await lab.on(host, "apt-mark showhold")).split("\n");
      expect(held).toEqual(expect.arrayContaining(["cri-tools", "kubeadm", "kubectl", "kubelet", "kubernetes-cni"]));
    }
  }

  /** Expects that Kubernetes' own tests pass, and that clients of Kafka, which run meanwhile, don't notice them. */
  async function isConformant(version: string): Promise<void> {
    let conformance: ConformanceRun;
    await loads.during(`conformance-${version}`, async () => {
      conformance = await runConformance(lab.kubectl.kubeconfig);
      console.log(describeRun(conformance));
      return { conformance };
    });
    expect(problemsOf(conformance!)).toEqual([]);
  }

  step(`set-up: three control planes and three workers run ${oldest} and a verified Kafka`, async () => {
    await lab.begin(oldest);
    await everythingRuns(oldest);
  });

  const path = tooFar(kubernetesVersions);
  step(`an upgrade from ${oldest} to ${path.at(-1)!} skips a minor version and is refused with the path`, async () => {
    await stack.setConfig("kubernetes.version", path.at(-1)!);
    await lab.refuses("preview", refusals.skippedMinor(path));
    await lab.refuses("up", refusals.skippedMinor(path));
  });

  step("a version that no release of Kubernetes in the table has is refused", async () => {
    await stack.setConfig("kubernetes.version", "1.35.99");
    await lab.refuses("preview", /KK301/);
  });

  step("a version that the mirror lacks is refused before any host is touched", async () => {
    const mirror = await PartialMirror.start(oldest);
    try {
      await stack.setConfig("kubernetes.version", next);
      await stack.setConfig("artifacts.mirror", mirror.url);
      await stack.setConfig("artifacts.mirrorKey", process.env["KUBEADM_KAFKA_MIRROR_KEY"]!);
      await lab.refuses("up", refusals.notMirrored(next, oldest));
    } finally {
      mirror.stop();
      await stack.removeConfig("artifacts.mirror");
      await stack.removeConfig("artifacts.mirrorKey");
    }
  });

  step("a control plane whose disk has too little room for copies of etcd is refused", async () => {
    const [full] = lab.masters;
    // An upgrade needs room for two copies of etcd's folder. A file there with more than a third of the free disk
    // therefore makes it too little, while the machine that runs the containers keeps most of its disk.
    await lab.on(
      full!,
      "fallocate --length $(($(df --output=avail --block-size=1 /var/lib | tail -n 1) * 2 / 5)) /var/lib/etcd/filler",
    );
    try {
      await lab.refuses("up", refusals.littleRoom);
    } finally {
      await lab.on(full!, "rm -f /var/lib/etcd/filler");
    }
  });

  step("a node that isn't Ready is refused, by preview and by up", async () => {
    const [, unwell] = lab.workers;
    await lab.on(unwell!, "systemctl stop kubelet");
    await isReady(unwell!.name, "Unknown");
    await lab.refuses("preview", refusals.notReady(unwell!.name));
    await lab.refuses("up", refusals.notReady(unwell!.name));
    await lab.on(unwell!, "systemctl start kubelet");
    await isReady(unwell!.name, "True");
  });

  async function isReady(node: string, status: "True" | "Unknown"): Promise<void> {
    await lab.kubectl.run("wait", `node/${node}`, "--for", `condition=Ready=${status}`, "--timeout", "3m");
  }

  step("after all refusals the cluster is as before, and up changes nothing at its own version", async () => {
    await stack.setConfig("kubernetes.version", oldest);
    // Steps that have failed run once more.
    await lab.up();
    await everythingRuns(oldest);
    await lab.isWell();
  });

  step(`${oldest} passes Kubernetes' conformance tests`, () => isConformant(oldest));

  step(`${first!.join(" -> ")}: no record is lost, duplicated or out of order, and no API request fails`, () =>
    upgradeUnderLoad(first![1], async () => {
      const preview = await stack.try("preview", "--stack", stack.name);
      expect(preview.stdout + preview.stderr).toContain(`Kubernetes ${first!.join(" becomes ")}.`);
      const { seconds } = await stack.up();
      undisturbedSeconds = seconds;
      return { seconds };
    }),
  );

  for (const [index, [from, to]] of others.entries()) {
    step(`${from} -> ${to}: the same while up is killed -9 at random moments and carried on (SEED=${seed})`, () =>
      upgradeUnderLoad(to, async () => {
        const count = killsOfNext(kills - killed, others.length - index);
        const upgrade = await changeWithKills(stack, count, undisturbedSeconds, random);
        killed += upgrade.killedAfterSeconds.length;
        return { seed, ...upgrade };
      }),
    );
  }

  step(`up was killed ${kills} times`, () => {
    expect(killed).toBe(kills);
    return Promise.resolve();
  });

  step(`${newest} passes Kubernetes' conformance tests`, () => isConformant(newest));

  step("a downgrade is refused", async () => {
    await stack.setConfig("kubernetes.version", kubernetesVersions.at(-2)!);
    await lab.refuses("preview", refusals.downgrade);
    await lab.refuses("up", refusals.downgrade);
    await stack.setConfig("kubernetes.version", newest);
    expect((await stack.up()).changes).toEqual({});
  });

  step("all records that were acknowledged so far are still there", () => loads.areStillThere());

  step("all machines boot again, and the cluster comes back at the new version by itself", async () => {
    await lab.reboot();
    await eventually(600, () => lab.kafka.isWhole(brokers));
    await everythingRuns(newest);
    await lab.isWell();
    await lab.leave();
  });

  step.cleanUp(() => lab.end());
});
