import * as fs from "node:fs";
import * as path from "node:path";

import { versions } from "../../components/artifacts/versions";
import { cacheFolder } from "../../toolchain/prepare";
import { createKey, createMachine, inContainer, removeMachine } from "../support/hostContainers";
import { output } from "../support/shell";
import { root, Stack, workFolder } from "../support/stack";
import { writeManifests } from "./manifests";
import { type Peaks, Sampler } from "./sampler";

/**
 * `make bench`: compares `pulumi up` with the same steps by hand, one after the other on the same two hosts. Measures the second `up`,
 * destroy, memory and disk, too. Prints the figures, and writes them to build/bench.json.
 */
const machines = [
  { name: "master", role: "control-plane", container: "bench-master", address: "172.30.0.70" },
  { name: "worker", role: "worker", container: "bench-worker", address: "172.30.0.71" },
];
const containers = machines.map(({ container }) => container);
const folder = path.join(workFolder, "bench");
const stack = new Stack("bench");

const rounds = Number(process.env["ROUNDS"] ?? 2);

interface Round {
  upSeconds: number;
  byHandSeconds: number;
  /** Duration of each phase, which shows where the spread between rounds comes from. */
  byHandPhases: Record<string, number>;
  secondUpSeconds: number;
  destroySeconds: number;
  peakMiB: Peaks;
}

async function main(): Promise<void> {
  const mirror = process.env["KUBEADM_KAFKA_MIRROR"];
  if (!mirror) throw new Error("the benchmark needs the toolchain's mirror: ARTIFACTS=mirror make bench");
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  const { privateKey, publicKey } = await createKey();
  const key = path.join(folder, "key");
  fs.writeFileSync(key, privateKey, { mode: 0o600 });

  const results: Round[] = [];
  let hostsDisk = 0;
  for (let round = 1; round <= rounds; round++) {
    const hostKeys = await freshMachines(publicKey);
    await configure(hostKeys, privateKey);
    const sampler = new Sampler(containers);
    const up = await stack.up();
    const peakMiB = sampler.stop();
    hostsDisk = await diskOfHosts();
    writeManifests((await stack.exported()).deployment.resources, folder);
    const secondUp = await stack.up();
    const destroy = await stack.destroy();

    await freshMachines(publicKey);
    const byHand = await typeByHand(mirror, key);
    results.push({
      upSeconds: up.seconds,
      byHandSeconds: byHand.seconds,
      byHandPhases: byHand.phases,
      secondUpSeconds: secondUp.seconds,
      destroySeconds: destroy.seconds,
      peakMiB,
    });
    console.log(`round ${round}: up ${up.seconds.toFixed(1)} s, by hand ${byHand.seconds.toFixed(1)} s`);
  }
  await tidy();
  show(results, { hosts: hostsDisk, ...(await diskOfCaches()) });
}

/** Replaces the two machines with empty ones. @returns their host keys */
async function freshMachines(publicKey: string): Promise<string[]> {
  const hostKeys = [];
  for (const machine of machines) {
    hostKeys.push(await createMachine(machine, machine.name, publicKey));
  }
  return hostKeys;
}

async function configure(hostKeys: readonly string[], privateKey: string): Promise<void> {
  const existing = machines.map(({ name, role, address }, index) => ({
    name,
    role,
    address,
    ssh: { hostKey: hostKeys[index] },
  }));
  await stack.create({ hosts: { existing }, kubernetes: { scheduleOnControlPlane: true } });
  await stack.setSecret("sshPrivateKey", privateKey);
}

async function typeByHand(mirror: string, key: string): Promise<{ seconds: number; phases: Record<string, number> }> {
  const start = Date.now();
  const printed = await output("bash", [path.join(__dirname, "by-hand.sh")], {
    env: {
      MASTER: machines[0]!.address,
      WORKER: machines[1]!.address,
      KEY: key,
      MIRROR: mirror,
      MIRROR_KEY: process.env["KUBEADM_KAFKA_MIRROR_KEY"],
      VERSION: versions.kubernetes,
      MANIFESTS: folder,
      KUBECONFIG: path.join(folder, "kubeconfig"),
    },
  });
  return { seconds: (Date.now() - start) / 1000, phases: parsePhases(printed) };
}

/** `1.5 init\n4 join\n9 end` → `{ init: 2.5, join: 5 }` */
function parsePhases(printed: string): Record<string, number> {
  const begins = [...printed.matchAll(/^(\S+) (\S+)$/gm)].map(([, time, name]) => ({
    time: Number(time),
    name: name!,
  }));
  const took = begins.slice(0, -1).map(({ time, name }, index) => [name, begins[index + 1]!.time - time] as const);
  return Object.fromEntries(took.map(([name, seconds]) => [name, Number(seconds.toFixed(1))]));
}

/** Disk space of the hosts in MiB: all that they wrote into their containers and volumes. */
async function diskOfHosts(): Promise<number> {
  const sizes = containers.map((container) =>
    inContainer(
      container,
      "du --summarize --block-size=1M --one-file-system / /var/lib/containerd | awk '{sum += $1} END {print sum}'",
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + Number(size), 0);
}

/** Disk space in MiB that stays in use on the machine: the toolchain's cache with the mirror, and the project's own packages. */
async function diskOfCaches(): Promise<{ cache: number; nodeModules: number }> {
  const size = async (place: string) =>
    Number((await output("du", ["--summarize", "--block-size=1M", place])).split("\t")[0]);
  return { cache: await size(cacheFolder()), nodeModules: await size(path.join(root, "node_modules")) };
}

async function tidy(): Promise<void> {
  for (const { container } of machines) await removeMachine(container);
  stack.remove();
  fs.rmSync(folder, { recursive: true, force: true });
}

function show(results: readonly Round[], diskMiB: Record<string, number>): void {
  const best = (figure: (round: Round) => number) => Math.min(...results.map(figure));
  const up = best(({ upSeconds }) => upSeconds);
  const byHand = best(({ byHandSeconds }) => byHandSeconds);
  const figures = {
    rounds: results,
    upSeconds: up,
    byHandSeconds: byHand,
    ratio: Number((up / byHand).toFixed(3)),
    secondUpSeconds: best(({ secondUpSeconds }) => secondUpSeconds),
    destroySeconds: best(({ destroySeconds }) => destroySeconds),
    peakMiB: {
      pulumi: Math.max(...results.map(({ peakMiB }) => peakMiB.pulumi)),
      hosts: Math.max(...results.map(({ peakMiB }) => peakMiB.hosts)),
    },
    diskMiB,
  };
  fs.writeFileSync(path.join(root, "build/bench.json"), `${JSON.stringify(figures, null, 2)}\n`);
  const { peakMiB } = figures;
  console.log(
    [
      "",
      `pulumi up                ${up.toFixed(1)} s`,
      `the same steps by hand   ${byHand.toFixed(1)} s`,
      `ratio                    ${figures.ratio}   (at most 1.25)`,
      `second up                ${figures.secondUpSeconds.toFixed(1)} s`,
      `destroy                  ${figures.destroySeconds.toFixed(1)} s`,
      `peak memory              Pulumi and plugins ${peakMiB.pulumi} MiB, hosts together ${peakMiB.hosts} MiB   (8 GiB must do)`,
      `disk                     ${Object.entries(diskMiB)
        .map(([what, size]) => `${what} ${size} MiB`)
        .join(", ")}   (20 GB must do)`,
      `Best of ${results.length} rounds each; build/bench.json has all.`,
    ].join("\n"),
  );
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
