import * as fs from "node:fs";
import * as path from "node:path";

import { images } from "../../../components/artifacts/images";
import { versions } from "../../../components/artifacts/versions";
import { eventually } from "../../support/eventually";
import { inContainer, logins, removeMachine, startAgent } from "../../support/hostContainers";
import { output } from "../../support/shell";
import { root, type Outputs, Stack, workFolder } from "../../support/stack";
import { type RunningClient, startClient } from "../support/kafkaClient";
import { Kubectl } from "../support/kubectl";
import { Report } from "../support/report";
import { story } from "../support/story";
import { type Entry, StoryMachines, named } from "./storyMachines";

const stack = new Stack("e2e-workers");
const report = new Report("workers", "e2e-cluster");
// The user's agent logs in, so that no private key is in the stack.
const machines = new StoryMachines(stack, 150, { ssh: { agent: true }, memory: "3g" });
const key = path.join(workFolder, `${stack.name}.key`);

/** Largest ratio of the time that `pulumi up` takes to add a worker to the time by hand. */
const MAX_RATIO = 1.25;

story("workers come and go while a client runs", (step) => {
  const hosts: Entry[] = [];
  /** The worker that is added and removed. */
  let guest: Entry;
  /** Arguments of the kubectl command that gives up its broker's volume, from the refusal. */
  let giveUp: string[];
  let outputs: Outputs;
  let kubectl: Kubectl;
  let client: RunningClient | undefined;
  let agent: { stop: () => void } | undefined;
  const seconds: Record<"up" | "byHand", number[]> = { up: [], byHand: [] };

  const loginsOnOthers = () => Promise.all(hosts.map(({ name }) => logins(machines.container(name))));

  /** Adds the guest with `up`. The control plane has to be the only other host with a login. */
  async function add(fact: string): Promise<void> {
    machines.list(...hosts, guest);
    const before = await loginsOnOthers();
    const start = Date.now();
    // The time ends when the node is ready, as it does by hand; `up` then goes on to verify Kafka.
    const untilReady = async (): Promise<void> => {
      for (const state of ["create", "condition=Ready"]) {
        await kubectl.run("wait", `node/${guest.name}`, "--for", state, "--timeout", "5m");
      }
      seconds.up.push((Date.now() - start) / 1000);
    };
    const [{ changes }] = await Promise.all([stack.up(), untilReady()]);
    const after = await loginsOnOthers();
    const loginsElsewhere = after.map((count, at) => count - before[at]!);
    report.add(fact, { seconds: seconds.up.at(-1), changes, loginsElsewhere });
    expect(Object.keys(changes).sort()).toEqual(["created", "replaced"]);
    expect(loginsElsewhere).toEqual(hosts.map(({ role }) => (role === "control-plane" ? 2 : 0)));
    expect(await kubectl.nodes()).toEqual(named(...hosts, guest));
  }

  /** Adds a worker by hand, on an equally empty machine, and removes it at once. */
  async function addByHand(): Promise<void> {
    const { name, address } = await machines.make("by-hand", "worker", 9);
    const start = Date.now();
    await output("bash", [path.join(root, "tests/bench/add-by-hand.sh")], {
      env: {
        ADDRESS: address,
        NAME: name,
        MASTER: hosts[0]!.address,
        ENDPOINT: "api.kubeadm-kafka.internal",
        KEY: key,
        MIRROR: process.env["KUBEADM_KAFKA_MIRROR"],
        MIRROR_KEY: process.env["KUBEADM_KAFKA_MIRROR_KEY"],
        VERSION: versions.kubernetes,
        KUBECONFIG: kubectl.kubeconfig,
        LOGS: workFolder,
      },
    });
    seconds.byHand.push((Date.now() - start) / 1000);
    report.add("addedSeconds", seconds);
    await kubectl.run("delete", "node", name);
    await removeMachine(machines.container(name));
  }

  /** Expects voters and replicas as in the config, and a verified Kafka. */
  async function expectWhole(fact: string): Promise<void> {
    await stack.up(); // gives votes back, since Kafka isn't well without them
    expect((await stack.up()).changes).toEqual({});
    expect(await stack.health()).toMatchObject({ code: 0 });
    outputs = await stack.outputs();
    report.add(`${fact}Verification`, outputs.verification);
    expect(outputs.verification).toMatchObject({ brokers: 3, voters: [0, 1, 2] });
  }

  step("set-up: three empty machines are in the stack's config, and an agent has the key", async () => {
    if (!process.env["KUBEADM_KAFKA_MIRROR"])
      throw new Error("this needs the mirror: ARTIFACTS=mirror make e2e-cluster");
    await stack.clear();
    const privateKey = await machines.createKey();
    fs.writeFileSync(key, privateKey, { mode: 0o600 });
    agent = await startAgent(privateKey);
    hosts.push(await machines.make("master", "control-plane", 0));
    for (const number of [1, 2]) hosts.push(await machines.make(`worker-${number}`, "worker", number));
    await stack.create({});
    machines.list(...hosts);
  });

  step("one control plane and two workers, from nothing to a verified Kafka", async () => {
    const up = await stack.up();
    report.add("up", { seconds: up.seconds });
    outputs = await stack.outputs();
    kubectl = new Kubectl(stack.name, outputs.kubeconfig);
    expect(outputs.verification.brokers).toBe(1);
    client = await startClient(machines.container("worker-1"), outputs.bootstrapServersOnNodes, "proof", "stream");
  });

  step("a worker is added, and no other worker is logged in to", async () => {
    guest = await machines.make("worker-3", "worker", 3);
    await add("added");
    await addByHand();
  });

  step(
    "the join's certificate is useless afterwards: its key is deleted from the host, and was nowhere else",
    async () => {
      expect(await inContainer(machines.container(guest.name), "ls /var/lib/kubeadm-kafka")).not.toContain("join.key");
      const { resources } = (await stack.exported()).deployment;
      const steps = resources.filter(({ urn }) => /-worker-3-(request|admit|join|labels)$/.test(urn));
      expect(steps).toHaveLength(4);
      expect(JSON.stringify(steps)).not.toContain(btoa("-----BEGIN PRIVATE"));
      const inCluster = await kubectl.run("get", "clusterrolebindings,certificatesigningrequests", "--output", "name");
      expect(inCluster).not.toContain("kubeadm-kafka");
    },
  );

  step("the worker is removed, and its machine is as it was before", async () => {
    machines.list(...hosts);
    const { seconds, changes } = await stack.up();
    report.add("removed", { seconds, changes });
    expect(Object.keys(changes).sort()).toEqual(["deleted", "replaced"]);
    expect(await kubectl.nodes()).toEqual(named(...hosts));
    expect(await machines.residue(guest.name)).toEqual([]);
  });

  step("the same machine comes back under its name and address", async () => {
    await add("addedAgain");
    await addByHand();
  });

  step("a worker declared lost while it lives is removed, and comes back unchanged", async () => {
    machines.list(...hosts, { ...guest, lost: true });
    await stack.up();
    expect(await kubectl.nodes()).toEqual(named(...hosts));
    machines.list(...hosts, guest);
    await stack.up();
    await kubectl.run("wait", `node/${guest.name}`, "--for", "condition=Ready", "--timeout", "5m");
    expect((await stack.up()).changes).toEqual({});
  });

  step("a dead worker is removed", async () => {
    await removeMachine(machines.container(guest.name));
    machines.list(...hosts, { ...guest, lost: true });
    const { seconds } = await stack.up();
    report.add("deadRemoved", { seconds });
    expect(await kubectl.nodes()).toEqual(named(...hosts));
    machines.list(...hosts);
    const { changes } = await stack.up();
    expect(changes).toEqual({ deleted: 2 }); // its `original` and `leave` steps
  });

  step("a new machine takes the dead one's name and address, and its host key is learned", async () => {
    guest = await machines.make("worker-3", "worker", 3);
    guest.ssh.hostKey = "learn";
    await add("addedInPlaceOfDead");
  });

  step("Kafka is verified again, and the client has read every record", async () => {
    const found = await client!.end();
    report.add("client", found);
    expect(found).toMatchObject({ lost: 0, duplicated: 0, outOfOrder: 0, errors: [] });
    expect(found.acknowledged).toBeGreaterThan(0);
    const { changes } = await stack.up("--replace", "**:Job::kafka-verification");
    expect(changes).toEqual({ replaced: 1 });
    outputs = await stack.outputs();
    report.add("verification", outputs.verification);
    expect(outputs.verification.brokers).toBe(1);
  });

  step("three brokers: the added worker gets one, and a topic has a replica there", async () => {
    machines.list(...hosts, guest);
    await stack.setConfig("kafka.brokers", "3");
    await stack.setConfig("kafka.topics.orders.partitions", "3");
    await stack.setConfig("kafka.topics.orders.replicationFactor", "3");
    // The client made its topic when there was one broker.
    await stack.setConfig("kafka.topics.proof.partitions", "3");
    await stack.setConfig("kafka.topics.proof.replicationFactor", "3");
    await stack.up();
    expect(
      await kubectl.run("get", "pods", "--all-namespaces", "--field-selector", `spec.nodeName=${guest.name}`),
    ).toMatch(/^kafka +kafka-[12] /m);
  });

  step("a taint that repels a broker is refused by the preview, and isn't set", async () => {
    machines.list(...hosts, { ...guest, taints: ["x=y:NoExecute"] });
    for (const command of [["preview"], ["up", "--yes", "--skip-preview"]]) {
      const { code, stdout, stderr } = await stack.try(...command, "--stack", stack.name);
      expect(code).not.toBe(0);
      expect(stdout + stderr).toMatch(
        new RegExp(`${guest.name} has the volumes of kafka/data-kafka-[12] .*x=y:NoExecute .* \\[KK840\\]`),
      );
    }
    expect(await kubectl.run("get", "node", guest.name, "--output", "jsonpath={.spec.taints}")).toBe("");
  });

  step("make health reports a broker that is down, and up fails", async () => {
    machines.list(...hosts, guest);
    await stack.up();
    expect(await stack.health()).toMatchObject({ code: 0, report: expect.stringContaining("is well") as string });
    await kubectl.run("taint", "node", guest.name, "x=y:NoExecute");
    await eventually(60, async () =>
      expect(await stack.health()).toMatchObject({
        code: 2, // make exits with 2 after a failed command
        report: expect.stringMatching(/the pod kafka-[12] is not ready: .*untolerated taint/) as string,
      }),
    );
    const { code, stdout, stderr } = await stack.try("up", "--yes", "--skip-preview", "--stack", stack.name);
    expect(code).not.toBe(0);
    expect(stdout + stderr).toMatch(/kafka-[12] can't start: .*untolerated taint/);
    await kubectl.run("taint", "node", guest.name, "x-");
    await stack.up();
    expect(await stack.health()).toMatchObject({ code: 0 });
  });

  step("the preview refuses to remove a broker's host with its volume", async () => {
    machines.list(...hosts);
    const { code, stdout, stderr } = await stack.try("preview", "--stack", stack.name);
    expect(code).not.toBe(0);
    const refusal = new RegExp(
      `${guest.name} would leave with the volumes of kafka/(data-kafka-[12]), .* up moves them: (.*?)\\. .* \\[KK806\\]`,
    ).exec(stdout + stderr)!;
    const [, claim, commands] = refusal;
    giveUp = ["delete", "pvc", claim!, "--namespace", "kafka", "--wait=false"];
    expect(commands).toBe(`kubectl cordon ${guest.name}; kubectl ${giveUp.join(" ")}`);
    expect((await stack.try("up", "--yes", "--skip-preview", "--stack", stack.name)).code).not.toBe(0);
    expect(await kubectl.nodes()).toEqual(named(...hosts, guest));
  });

  step("a broker keeps a volume that was given up but has the only replica of a partition", async () => {
    const broker = giveUp[2]!.replace("data-", "");
    const tool = ["exec", broker, "--namespace", "kafka", "--", "/opt/kafka/bin/kafka-topics.sh"];
    const topics = (...args: string[]) =>
      kubectl.run(...tool, "--bootstrap-server", "localhost:9092", ...args, "--topic", "single");
    await topics("--create", "--replica-assignment", broker.replace("kafka-", ""));
    await kubectl.run("cordon", guest.name);
    await kubectl.run(...giveUp);
    const { code, stdout, stderr } = await stack.try("up", "--yes", "--skip-preview", "--stack", stack.name);
    expect(code).not.toBe(0);
    expect(stdout + stderr).toMatch(/no other node has all records of 1 partitions, such as single-0\..*KK858/);
    expect(await kubectl.nodes()).toEqual(named(...hosts, guest));
    await topics("--delete");
  });

  step(
    "a broker whose volume was given up moves, and has its replicas and its vote before Kafka is verified and the host leaves",
    async () => {
      const { seconds } = await stack.up();
      const { verification } = await stack.outputs();
      expect(verification).toMatchObject({ brokers: 3, voters: [0, 1, 2] });
      expect(Object.values(verification.state.brokers).map(({ host }) => host)).not.toContain(guest.name);
      expect((await stack.up()).changes).toEqual({});
      report.add("brokersHostRemoved", { seconds });
      expect(await kubectl.nodes()).toEqual(named(...hosts));
      expect(await machines.residue(guest.name)).toEqual([]);
      expect(await kubectl.run("get", "persistentvolumes", "--output", "jsonpath={..values}")).not.toContain(
        guest.name,
      );
      await expectWhole("brokersHostRemoved");
      machines.list(...hosts, guest);
      await stack.up();
    },
  );

  step(
    "a machine with a broker is lost for good: up names the lost volumes, and the broker gets its data from the others",
    async () => {
      const broker = giveUp[2]!.replace("data-", "");
      await kubectl.run(...giveUp);
      await kubectl.run("delete", "pod", broker, "--namespace", "kafka");
      await eventually(60, async () => expect(await kubectl.nodeOf(broker, "kafka")).toBe(guest.name)); // the only host without one
      const ready = ["wait", "pod", broker, "--namespace", "kafka", "--for", "condition=Ready"];
      await kubectl.run(...ready, "--timeout", "5m");

      await removeMachine(machines.container(guest.name));
      machines.list(...hosts, { ...guest, lost: true });
      const { code, stdout, stderr } = await stack.try("up", "--yes", "--skip-preview", "--stack", stack.name);
      // The host is removed, but Kafka isn't well, so `up` fails.
      expect(code).not.toBe(0);
      expect(stdout + stderr).toContain(`${broker} can't start`);
      expect(stdout + stderr).toContain(
        `the volumes of kafka/data-${broker} are gone with ${guest.name}, and their pods wait for it; to have new ones made elsewhere: kubectl ${giveUp.join(" ")}`,
      );
      expect(await kubectl.nodes()).toEqual(named(...hosts));
      await kubectl.run(...giveUp);
      await eventually(60, async () => expect(named(...hosts)).toContain(await kubectl.nodeOf(broker, "kafka")));
      await kubectl.run(...ready, "--timeout", "5m");
      machines.list(...hosts);
      await expectWhole("brokersHostDied");
      guest = await machines.make("worker-3", "worker", 3);
      machines.list(...hosts, guest);
      await stack.up();
    },
  );

  step(
    "a machine is replaced under its own name: its broker gets another volume, its replicas and its vote",
    async () => {
      const broker = giveUp[2]!.replace("data-", "");
      await kubectl.run(...giveUp);
      await kubectl.run("delete", "pod", broker, "--namespace", "kafka");
      await eventually(60, async () => expect(await kubectl.nodeOf(broker, "kafka")).toBe(guest.name)); // the only host without one
      await stack.up();
      await removeMachine(machines.container(guest.name));
      guest = await machines.make("worker-3", "worker", 3);
      machines.list(...hosts, guest);
      const { seconds } = await stack.up();
      report.add("brokersHostReplaced", { seconds });
      await expectWhole("brokersHostReplaced");
    },
  );

  step("a worker that leaves may keep the installed packages, as freshly installed", async () => {
    machines.list(...hosts, guest);
    await stack.up();
    await stack.setConfig("hosts.packages", "keep");
    expect((await stack.up()).changes).toEqual({ updated: 4 }); // each host's `original` step, which undoes its preparation
    await kubectl.run("cordon", guest.name); // its broker has to move before the worker leaves
    await kubectl.run(...giveUp);
    machines.list(...hosts);
    await stack.up();
    const container = machines.container(guest.name);
    const residue = await machines.residue(guest.name);
    expect(residue.filter((line) => /^\+ package (containerd|kubelet|kubernetes-cni) /.test(line))).toHaveLength(3);
    const fromPackages = /^\+ (package|file|folder|content|unit|active|account|group|nft) /;
    const emptyStore = /^\+ volume (?!.*\/(blobs|snapshots)\/)/;
    expect(residue.filter((line) => !fromPackages.test(line) && !emptyStore.test(line))).toEqual([]);
    const edited = "dpkg --verify containerd kubelet kubernetes-cni | grep --invert-match /usr/share/ || true";
    expect(await inContainer(container, edited)).toBe("");
    expect(await inContainer(container, "systemctl is-active containerd")).toBe("active\n");
    await stack.removeConfig("hosts.packages");
  });

  step("somebody's containerd, with its image and container, survives a worker on the same host", async () => {
    // The machine of the step before has containerd, but is in no cluster.
    const container = machines.container(guest.name);
    const image = process.env["KUBEADM_KAFKA_MIRROR"]!.replace("http://", "") + `/${images.localPath.helper}`;
    await inContainer(container, `ctr images pull --plain-http ${image}`);
    await inContainer(container, `ctr run --detach --null-io ${image} somebodys sleep infinity </dev/null`);
    const task = await inContainer(container, "ctr tasks list | grep somebodys");
    expect(task).toContain("RUNNING");
    await machines.remember(guest.name);
    machines.list(...hosts, guest);
    await stack.up();
    await kubectl.run("wait", `node/${guest.name}`, "--for", "condition=Ready", "--timeout", "5m");
    machines.list(...hosts);
    await stack.up();
    expect(await inContainer(container, "ctr tasks list | grep somebodys")).toBe(task);
    expect(await machines.residue(guest.name)).toEqual([]);
  });

  step("destroy leaves all machines as they were", async () => {
    const { seconds } = await stack.destroy();
    report.add("destroy", { seconds });
    for (const { name } of hosts) expect(await machines.residue(name)).toEqual([]);
  });

  step("adding a worker takes at most a quarter more time than by hand", () => {
    const [up, byHand] = [Math.min(...seconds.up), Math.min(...seconds.byHand)];
    const ratio = Number((up / byHand).toFixed(3));
    report.add("addedComparedWithByHand", { seconds, ratio });
    console.log(`a worker by pulumi up ${up.toFixed(1)} s, by hand ${byHand.toFixed(1)} s: ratio ${ratio}`);
    expect(ratio).toBeLessThanOrEqual(MAX_RATIO);
    return Promise.resolve();
  });

  step.cleanUp(async () => {
    await client?.end().catch(() => undefined); // the client runs until it is stopped
    if (!process.env["KEEP"]) {
      await stack.end();
      await machines.removeAll();
      stack.remove();
      fs.rmSync(key, { force: true });
    }
    agent?.stop();
  });
});
