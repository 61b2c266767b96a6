import { eventually } from "../../support/eventually";
import { inContainer, logins } from "../../support/hostContainers";
import { output } from "../../support/shell";
import { type Outputs, Stack } from "../../support/stack";
import { typeOf } from "../../support/urn";
import { readRecords, startClient } from "../support/kafkaClient";
import { Kubectl } from "../support/kubectl";
import { Report } from "../support/report";
import { story } from "../support/story";
import { underApiLoad } from "./apiRequestLoad";
import { type Entry, StoryMachines, named } from "./storyMachines";

const stack = new Stack("e2e-cluster");
const report = new Report("controlPlanes", "e2e-cluster");
const machines = new StoryMachines(stack, 100);

story("control planes come and go", (step) => {
  const masters: Entry[] = [];
  const workers: Entry[] = [];
  /** Former control planes, whose machines are again as they were before. */
  const retired: Entry[] = [];
  let outputs: Outputs;
  let kubectl: Kubectl;

  async function upAndReport(fact: string): Promise<void> {
    const { seconds, changes } = await stack.up();
    outputs = await stack.outputs();
    kubectl = new Kubectl(stack.name, outputs.kubeconfig);
    report.add(fact, { seconds, changes });
  }

  /** Names of etcd's voting members. */
  async function members(): Promise<string[]> {
    const one = masters.at(-1)!.name;
    // The etcd pod of a control plane that has just joined appears in the API server last.
    const list = await eventually(60, () => kubectl.etcdctl(one, "member", "list"));
    const voting = list.split("\n").filter((line) => line.endsWith(", false"));
    return voting.map((line) => line.split(", ")[2]!).sort();
  }

  step("set-up: five empty machines are in the stack's config", async () => {
    await stack.clear();
    const privateKey = await machines.createKey();
    for (const number of [1, 2, 3]) masters.push(await machines.make(`master-${number}`, "control-plane", number));
    for (const number of [1, 2]) workers.push(await machines.make(`worker-${number}`, "worker", 10 + number));
    await stack.create({});
    await stack.setSecret("sshPrivateKey", privateKey);
    machines.list(...masters, ...workers);
  });

  step("three control planes and two workers, from nothing to a verified Kafka", async () => {
    await upAndReport("up");
    expect(outputs.verification.brokers).toBe(1);
    expect(await members()).toEqual(named(...masters));
    expect(await kubectl.nodes()).toEqual(named(...masters, ...workers));
  });

  step("the second up changes nothing and opens no SSH connection", async () => {
    const containers = [...masters, ...workers].map(({ name }) => machines.container(name));
    const before = await Promise.all(containers.map(logins));
    const { changes, seconds } = await stack.up();
    report.add("secondUp", { seconds });
    expect(changes).toEqual({});
    expect(await Promise.all(containers.map(logins))).toEqual(before);
  });

  step("control planes' certificates for the join, and the rights to read shared secrets, are gone", async () => {
    for (const { name } of masters)
      expect(await inContainer(machines.container(name), "ls /var/lib/kubeadm-kafka")).not.toContain("join.key");
    const bindings = await kubectl.run("get", "rolebindings", "--namespace", "kube-system", "--output", "name");
    expect(bindings).not.toContain("kubeadm-kafka");
  });

  step("a Secret can't be read in etcd, and a ConfigMap can", async () => {
    const inEtcd = async (kind: string, ...create: string[]) => {
      await kubectl.run("create", ...create, "--from-literal", "word=notforyoureyes");
      return kubectl.etcdctl("master-1", "get", `/registry/${kind}/default/proof`, "--print-value-only");
    };
    expect(await inEtcd("configmaps", "configmap", "proof")).toContain("notforyoureyes");
    const secret = await inEtcd("secrets", "secret", "generic", "proof");
    expect(secret).toMatch(/^k8s:enc:secretbox:v1:/);
    expect(secret).not.toContain("notforyoureyes");
  });

  step("the audit log has who wrote the Secret, and not what is in it", async () => {
    const read = ({ name }: Entry) =>
      inContainer(machines.container(name), "cat /var/log/kubeadm-kafka-audit/audit.log");
    const log = (await Promise.all(masters.map(read))).join("\n");
    expect(log).toMatch(
      /"verb":"create","user":\{"username":"[^"]+"[^\n]*"resource":"secrets","namespace":"default","name":"proof"/,
    );
    expect(log).not.toContain("notforyoureyes");
  });

  step("without a credential the API servers answer health checks alone", async () => {
    const ask = (url: string) =>
      `curl --silent --insecure --noproxy '*' --output /dev/null --write-out '%{http_code} ' ${url}`;
    const urls = ["readyz", "version", "api/v1/namespaces"].map((path) =>
      ask(`https://${masters[0]!.address}:6443/${path}`),
    );
    expect(await output("bash", ["-c", urls.join("; ")])).toBe("200 401 401 ");
  });

  step("the CIS benchmark's checks pass, but those that docs/cis.md has a reason for", async () => {
    expect(await stack.typed(`make --silent cis stack=${stack.name}`)).toMatch(/ 0 fail$/m);
  });

  step(
    "API servers get a changed setting one at a time, while every API request succeeds within 10 seconds",
    async () => {
      await stack.setConfig("kubernetes.audit.maxBackups", "20");
      const client = await underApiLoad(machines.container("worker-1"), outputs.kubeconfig, () =>
        upAndReport("settings"),
      );
      report.add("settingsRequests", client);
      expect(client.failed).toBe(0);
      const flags = await kubectl.run(
        "get",
        "pods",
        "--namespace",
        "kube-system",
        "--selector",
        "component=kube-apiserver",
        "--output",
        "jsonpath={.items[*].spec.containers[0].command}",
      );
      expect(flags.match(/audit-log-maxbackup=20/g)).toHaveLength(3);
      await stack.removeConfig("kubernetes.audit");
      await upAndReport("settingsBack");
      expect((await stack.up()).changes).toEqual({});
    },
  );

  step("after the loss of any control plane, every API request succeeds within 10 seconds", async () => {
    const found = [];
    for (const lost of masters) {
      const container = machines.container(lost.name);
      const client = await underApiLoad(machines.container("worker-1"), outputs.kubeconfig, async () => {
        await output("docker", ["kill", container]);
        await new Promise((resolve) => setTimeout(resolve, 30_000)); // the client's requests are observed for this long
      });
      found.push({ lost: lost.name, ...client });
      report.add("loss", found);
      expect(client.requests).toBeGreaterThan(20);
      expect(client.failed).toBe(0);
      await output("docker", ["start", container]);
      await eventually(180, async () => {
        const ready = await kubectl.run("get", "--raw", "/readyz");
        expect(ready).toBe("ok");
        await kubectl.etcdctl("master-3", "endpoint", "health", "--cluster");
        await kubectl.run("wait", "node", lost.name, "--for", "condition=Ready", "--timeout", "1s");
      });
    }
  });

  step(
    "one control plane's address changes over a reboot: the others keep serving, and etcd finds it there",
    async () => {
      const moved = masters[1]!;
      const client = await underApiLoad(machines.container("worker-1"), outputs.kubeconfig, async () => {
        await machines.move(moved, 25, "rebooted");
        machines.list(...masters, ...workers);
        await upAndReport("moved");
      });
      report.add("movedRequests", client);
      expect(client.failed).toBe(0);
      expect(await members()).toEqual(named(...masters));
      expect(await kubectl.etcdctl("master-3", "member", "list")).toContain(`https://${moved.address}:2380`);
      await kubectl.etcdctl("master-3", "endpoint", "health", "--cluster");
      expect(await kubectl.nodes()).toEqual(named(...masters, ...workers));
      expect((await stack.up()).changes).toEqual({});
    },
  );

  step("the first control plane is replaced by another one, and its machine is as it was before", async () => {
    const [first, ...others] = masters;
    masters.splice(0, 3, ...others, await machines.make("master-4", "control-plane", 4));
    machines.list(...masters, ...workers);
    await upAndReport("firstReplaced");
    expect(await members()).toEqual(named(...masters));
    expect(await kubectl.nodes()).toEqual(named(...masters, ...workers));
    expect(await machines.residue(first!.name)).toEqual([]);
    retired.push(first!);
  });

  step("a control plane's machine is replaced by an empty one of the same name and address", async () => {
    masters[1] = await machines.make("master-3", "control-plane", 3);
    machines.list(...masters, ...workers);
    await upAndReport("machineReplaced");
    expect(await members()).toEqual(named(...masters));
    expect(await kubectl.nodes()).toEqual(named(...masters, ...workers));
  });

  step("three control planes shrink to the one that joined last", async () => {
    const removed = masters.splice(0, 2);
    machines.list(...masters, ...workers);
    await upAndReport("threeToOne");
    expect(await members()).toEqual(named(...masters));
    expect(await kubectl.nodes()).toEqual(named(...masters, ...workers));
    await machines.move(removed[0]!, 2, "rebooted"); // the address that it was made with
    for (const { name } of removed) expect(await machines.residue(name)).toEqual([]);
    retired.push(...removed);
  });

  step("a dead worker is removed", async () => {
    const broker = await kubectl.nodeOf("kafka-0", "kafka");
    const dead = workers.findIndex(({ name }) => name !== broker);
    await output("docker", ["rm", "--force", "--volumes", machines.container(workers[dead]!.name)]);
    workers[dead]!.lost = true;
    machines.list(...masters, ...workers);
    await upAndReport("deadWorkerRemoved");
    workers.splice(dead, 1);
    expect(await kubectl.nodes()).toEqual(named(...masters, ...workers));
    machines.list(...masters, ...workers);
    const { changes } = await stack.up();
    expect(changes).toEqual({ deleted: 2 }); // its `original` and `leave` steps
  });

  step("one control plane grows to three, on machines that were control planes before", async () => {
    const before = await logins(machines.container(workers[0]!.name));
    masters.push(...retired.slice(0, 2));
    machines.list(...masters, ...workers);
    const planned = (await stack.preview()).steps.filter(({ op }) => op !== "same").map(({ urn }) => typeOf(urn));
    expect(new Set(planned)).toEqual(new Set(["command:remote:Command", "kubernetes:batch/v1:Job"]));
    await upAndReport("oneToThree");
    expect(await members()).toEqual(named(...masters));
    expect(await kubectl.nodes()).toEqual(named(...masters, ...workers));
    report.add("loginsOnWorkerDuringGrowth", (await logins(machines.container(workers[0]!.name))) - before);
  });

  step("all hosts reboot at once: nodes and Kafka recover without help, with every record", async () => {
    const worker = machines.container(workers[0]!.name);
    const client = await startClient(worker, outputs.bootstrapServersOnNodes, "proof", "hello");
    expect((await client.end()).acknowledged).toBe(10);
    const containers = [...masters, ...workers].map(({ name }) => machines.container(name));
    await output("docker", ["kill", ...containers]);
    const start = Date.now();
    await output("docker", ["start", ...containers]);
    await eventually(420, async () => {
      await kubectl.run("wait", "node", "--all", "--for", "condition=Ready", "--timeout", "1s");
      expect(await readRecords(kubectl, "proof", 10)).toHaveLength(10);
    });
    report.add("reboot", { seconds: (Date.now() - start) / 1000 });
    const { changes } = await stack.up();
    expect(changes).toEqual({});
  });

  step.cleanUp(async () => {
    if (process.env["KEEP"]) return;
    await stack.end();
    await machines.removeAll();
    stack.remove();
  });
});
