import { eventually } from "../../support/eventually";
import { inContainer, logins } from "../../support/hostContainers";
import { output } from "../../support/shell";
import { type Outputs, Stack } from "../../support/stack";
import { readRecords, startClient } from "../support/kafkaClient";
import { Kubectl } from "../support/kubectl";
import { Report } from "../support/report";
import { story } from "../support/story";
import { type Entry, StoryMachines } from "./storyMachines";

const stack = new Stack("e2e-addresses");
const report = new Report("addresses", "e2e-cluster");
const machines = new StoryMachines(stack, 170, { memory: "3g" });

/** Files and folders of a host that may mention an address. */
const filesWithAddresses =
  "/etc/hosts /etc/kubernetes /etc/kubeadm-kafka /var/lib/kubelet/kubeadm-flags.env /var/lib/kubelet/config.yaml";

story("machines get other addresses, and the cluster keeps its data", (step) => {
  let master: Entry;
  let worker: Entry;
  let outputs: Outputs;
  let kubectl: Kubectl;

  /** Runs `up` after an edit of the config. */
  async function upAt(fact: string): Promise<void> {
    const { seconds, changes } = await stack.up();
    report.add(fact, { seconds, changes });
    outputs = await stack.outputs();
    kubectl = new Kubectl(stack.name, outputs.kubeconfig);
  }

  /** Expects that nodes, network, records and Kafka are well, that the next `up` changes nothing, and that no file has the old address. */
  async function expectAllWellWithout(old: string): Promise<void> {
    for (const { name, address } of [master, worker]) {
      await kubectl.run("wait", `node/${name}`, "--for", "condition=Ready", "--timeout", "2m");
      const [node] = await jsonpath("node", name, "{.status.addresses[?(@.type=='InternalIP')].address}");
      expect(node).toBe(address);
      const [calico] = await jsonpath("node", name, "{.metadata.annotations['projectcalico\\.org/IPv4Address']}");
      expect(calico).toBe(`${address}/24`);
      const filesWithOld = await inContainer(
        machines.container(name),
        `grep --recursive --files-with-matches -wF ${old} ${filesWithAddresses} || true`,
      );
      expect(filesWithOld).toBe("");
    }
    await eventually(60, async () => {
      const slice = ["endpointslice", "kubernetes", "{.endpoints[*].addresses[*]}"] as const;
      expect(await jsonpath(...slice)).toEqual([master.address]);
    });
    expect(
      await kubectl.run("get", "configmap", "kubeadm-config", "--namespace", "kube-system", "--output", "yaml"),
    ).not.toContain(`${old}\n`);
    expect(await readRecords(kubectl, "proof", 10)).toHaveLength(10);
    expect((await stack.drift()).report).toContain("nothing differs");
    expect((await stack.up()).changes).toEqual({});
    expect((await stack.up("--replace", "**:Job::kafka-verification")).changes).toEqual({ replaced: 1 });
    expect((await stack.outputs()).verification.brokers).toBe(1);
  }

  async function jsonpath(kind: string, name: string, template: string): Promise<string[]> {
    return (await kubectl.run("get", kind, name, "--output", `jsonpath=${template}`)).split(" ");
  }

  /** Expects that the API server's certificate and etcd's member list have the new address. */
  async function expectControlPlaneAt({ name, address }: Entry): Promise<void> {
    const server = ["--server", `https://${address}:6443`, "--tls-server-name", address];
    expect(await kubectl.run(...server, "get", "--raw", "/readyz")).toBe("ok");
    const members = await kubectl.etcdctl(name, "--endpoints", `https://${address}:2379`, "member", "list");
    expect(members).toContain(`, started, ${name}, https://${address}:2380, https://${address}:2379, false`);
    const copy = await inContainer(machines.container(name), "ls /var/lib/etcd/kubeadm-kafka-before-move/*");
    expect(copy).toContain("manifests");
    expect(copy).toContain("snap");
  }

  step("set-up: two empty machines are in the stack's config", async () => {
    await stack.clear();
    const privateKey = await machines.createKey();
    master = await machines.make("master", "control-plane", 0);
    worker = await machines.make("worker", "worker", 1);
    await stack.create({});
    await stack.setSecret("sshPrivateKey", privateKey);
    machines.list(master, worker);
  });

  step("one control plane and one worker, from nothing to a verified Kafka with records", async () => {
    await upAt("up");
    const client = await startClient(
      machines.container(worker.name),
      outputs.bootstrapServersOnNodes,
      "proof",
      "hello",
    );
    expect((await client.end()).acknowledged).toBe(10);
  });

  step("a worker's address changes while programs run, and the control plane is logged in to once", async () => {
    const [old, before] = [worker.address, await logins(machines.container(master.name))];
    await machines.move(worker, 5, "running");
    machines.list(master, worker);
    await upAt("worker");
    expect(await logins(machines.container(master.name))).toBe(before + 1);
    await expectAllWellWithout(old);
  });

  step("the only control plane's address changes over a reboot", async () => {
    const old = master.address;
    await machines.move(master, 4, "rebooted");
    machines.list(master, worker);
    await upAt("onlyControlPlane");
    await expectControlPlaneAt(master);
    await expectAllWellWithout(old);
  });

  step("the address changes again, the machine loses power halfway, and the next up continues", async () => {
    const [old, container] = [master.address, machines.container(master.name)];
    await machines.move(master, 6, "running");
    machines.list(master, worker);
    const broken = stack.try("up", "--yes", "--skip-preview", "--stack", stack.name);
    await eventually(120, () => output("docker", ["exec", container, "test", "-e", "/var/lib/kubeadm-kafka/moving"]));
    await output("docker", ["kill", container]);
    await machines.boot(master.name);
    expect((await broken).code).not.toBe(0);
    await upAt("onlyControlPlaneAfterPowerLoss");
    await expectControlPlaneAt(master);
    await expectAllWellWithout(old);
  });

  step("destroy leaves no residue", async () => {
    const { seconds } = await stack.destroy();
    report.add("destroy", { seconds });
    await machines.move(master, 0, "rebooted");
    await machines.move(worker, 1, "rebooted");
    for (const { name } of [master, worker]) expect(await machines.residue(name)).toEqual([]);
  });

  step.cleanUp(async () => {
    if (process.env["KEEP"]) return;
    await stack.end();
    await machines.removeAll();
    stack.remove();
  });
});
