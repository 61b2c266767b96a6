import * as path from "node:path";

import { removeMachine } from "../../support/hostContainers";
import { output } from "../../support/shell";
import { root } from "../../support/stack";
import { type Entry, named } from "../cluster/storyMachines";
import { Report } from "../support/report";
import { story } from "../support/story";
import { commandsToGiveUp } from "./givenUp";
import { brokers, Lab } from "./lab";
import { Loads } from "./loads";

const lab = new Lab();
const { stack, machines } = lab;
const loads = new Loads(lab, new Report("os", "e2e-years"));

/** The recipe that this story runs is docs/replace-hosts.md. */
story("hosts get a newer release of Debian while clients run", (step) => {
  let image: string;

  /** The system of each of these hosts, as its kubelet reports it. */
  async function systemsOf(...hosts: readonly Entry[]): Promise<string[]> {
    const system = "jsonpath={.status.nodeInfo.osImage}";
    return Promise.all(hosts.map(({ name }) => lab.kubectl.run("get", "node", name, "--output", system)));
  }

  async function areNewer(...hosts: readonly Entry[]): Promise<void> {
    for (const system of await systemsOf(...hosts)) expect(system).toMatch(/^Debian GNU\/Linux 13 /);
  }

  /** Makes a machine with the newer system under the next free name, such as worker-4. */
  async function successor(of: Entry): Promise<Entry> {
    const [, kind] = /^(.*)-\d+$/.exec(of.name)!;
    const numbers = lab.entries
      .filter(({ role }) => role === of.role)
      .map(({ name }) => Number(name.split("-").at(-1)));
    const next = Math.max(...numbers) + 1;
    return machines.make(`${kind}-${next}`, of.role, of.role === "worker" ? 10 + next : next, image);
  }

  /** Makes a machine with the newer system in place of one, under its name and at its address. */
  const inPlaceOf = (old: Entry): Promise<Entry> => machines.make(old.name, old.role, machines.numberOf(old), image);

  /** Takes a worker off the list, once `up` has moved its broker's data. */
  async function remove(worker: Entry): Promise<void> {
    lab.workers = lab.workers.filter((each) => each !== worker);
    lab.list();
    const { code, stdout, stderr } = await stack.try("preview", "--stack", stack.name);
    expect(code).not.toBe(0);
    for (const command of commandsToGiveUp(stdout + stderr)) await lab.kubectl.run(...command);
    await lab.up();
    await lab.kafka.isWhole(brokers);
    expect(await lab.kubectl.nodes()).toEqual(named(...lab.entries));
    await removeMachine(machines.container(worker.name));
  }

  /** Number of brokers on each worker. */
  const spread = async (): Promise<number[]> =>
    Promise.all(lab.workers.map(async ({ name }) => (await lab.kafka.brokersOn(name)).length));

  step("set-up: all hosts run the older release, and there is an image of the newer one", async () => {
    image = (await output("bash", [path.join(root, "tests/e2e/years/host-of-debian-13.sh")])).trim();
    await lab.begin();
    for (const system of await systemsOf(...lab.entries)) expect(system).toMatch(/^Debian GNU\/Linux 12 /);
    expect(await spread()).toEqual([1, 1, 1]);
  });

  step("a worker gets the newer system under another name: its broker's data moves first, and no record is lost", () =>
    loads.duringWithRequests("worker-another-name", async () => {
      const old = lab.workers[1]!;
      const guest = await successor(old);
      lab.workers.push(guest);
      lab.list();
      const start = Date.now();
      await lab.up();
      await remove(old);
      await areNewer(guest);
      expect(await spread()).toEqual([1, 1, 1]);
      return { seconds: (Date.now() - start) / 1000 };
    }),
  );

  step("a worker gets the newer system under its own name, and then a broker again", () =>
    loads.duringWithRequests("worker-own-name", async () => {
      const old = lab.workers[1]!;
      const start = Date.now();
      await remove(old);
      const back = await inPlaceOf(old);
      // Its broker is beside another one now, and the emptied host is where it can be alone again.
      const counts = await spread();
      const crowded = lab.workers[counts.indexOf(2)]!;
      const claim = `data-kafka-${(await lab.kafka.brokersOn(crowded.name)).at(-1)}`;
      await lab.kubectl.run("delete", "pvc", claim, "--namespace", "kafka", "--wait=false");
      lab.workers.push(back);
      lab.list();
      await lab.up();
      await areNewer(back);
      expect(await spread()).toEqual([1, 1, 1]);
      return { seconds: (Date.now() - start) / 1000 };
    }),
  );

  step("a control plane gets the newer system under its own name, and another one under another name", () =>
    loads.duringWithRequests("control-planes", async () => {
      const [, second, third] = lab.masters;
      const start = Date.now();
      lab.masters[2] = await inPlaceOf(third!);
      lab.list();
      await lab.up();
      await areNewer(lab.masters[2]);
      lab.masters[1] = await successor(second!);
      lab.list();
      await lab.up();
      await areNewer(lab.masters[1]);
      expect(await lab.kubectl.nodes()).toEqual(named(...lab.entries));
      await removeMachine(machines.container(second!.name));
      const members = await lab.kubectl.etcdctl(lab.masters[0]!.name, "member", "list");
      for (const { name } of lab.masters) expect(members).toContain(`, started, ${name}, `);
      return { seconds: (Date.now() - start) / 1000 };
    }),
  );

  step(
    "with both releases in one cluster, all run the same Kubernetes, Kafka is verified, and every record is there",
    async () => {
      const kubelets = "jsonpath={range .items[*]}{.status.nodeInfo.kubeletVersion}{'\\n'}{end}";
      const versions = (await lab.kubectl.run("get", "nodes", "--output", kubelets)).split("\n").filter(Boolean);
      expect(versions).toHaveLength(lab.entries.length);
      expect(new Set(versions).size).toBe(1);
      await lab.isWell();
      await loads.areStillThere();
      await lab.leave();
    },
  );

  step.cleanUp(() => lab.end());
});
