import { images } from "../../components/artifacts/images";
import { Guard } from "./support/guard";
import { startClient } from "./support/kafkaClient";
import { Kubectl } from "./support/kubectl";
import { eventually } from "../support/eventually";
import { createMachine, difference, logins, removeMachine, snapshot } from "../support/hostContainers";
import { residue } from "./support/residue";
import { story } from "./support/story";
import { Report } from "./support/report";
import { output } from "../support/shell";
import { type Outputs, Stack } from "../support/stack";
import { typeOf } from "../support/urn";

const stack = new Stack("e2e-dev");
const report = new Report("dev", "e2e");
const guard = new Guard(["10.244.0.0/16", "10.96.0.0/12"]);
const hosts = ["e2e-dev-master", "e2e-dev-worker"];

story("two hosts in containers, from nothing to Kafka and back", (step) => {
  let outputs: Outputs;
  let kubectl: Kubectl;
  let before: string[];

  step("set-up: the stack has its config, and nothing of an earlier run is left", async () => {
    await stack.clear();
    await guard.install();
    // Containers share the kernel's parameters, so that a host made later would have those of the cluster's kubelets.
    const pristine = { container: "e2e-dev-pristine", address: "172.30.0.52" };
    await createMachine(pristine, "worker", "ssh-ed25519 AAAA");
    before = await snapshot(pristine.container);
    await removeMachine(pristine.container);
    await stack.create({
      hosts: {
        containers: [
          { name: "master", role: "control-plane", address: "172.30.0.50", memory: "4g" },
          { name: "worker", address: "172.30.0.51", memory: "3g" },
        ],
      },
      kubernetes: { scheduleOnControlPlane: true },
    });
  });

  step("the first preview, with no cluster yet, lists every object", async () => {
    const { steps } = await stack.preview();
    const types = steps.filter(({ op }) => op === "create").map(({ urn }) => typeOf(urn));
    expect(types.filter((type) => type.endsWith(":CustomResourceDefinition")).length).toBeGreaterThan(20);
    expect(types).toEqual(
      expect.arrayContaining([
        "kubernetes:apps/v1:DaemonSet",
        "kubernetes:storage.k8s.io/v1:StorageClass",
        "kubernetes:apps/v1:StatefulSet",
        "kubernetes:batch/v1:Job",
      ]),
    );
    report.add("objectsInFirstPreview", types.filter((type) => type.startsWith("kubernetes:")).length);
  });

  step("up from nothing ends with a verified Kafka", async () => {
    const { seconds } = await stack.up();
    outputs = await stack.outputs();
    kubectl = new Kubectl(stack.name, outputs.kubeconfig);
    report.add("upSeconds", seconds);
    report.add("verification", outputs.verification);
    expect(outputs.verification.brokers).toBe(1);
  });

  step("an independent client sends and receives ten messages", async () => {
    const client = await startClient(hosts[1]!, outputs.bootstrapServersOnNodes, "hello", "hello");
    const found = await client.end();
    report.add("hello", found);
    expect(found).toMatchObject({ errors: [], acknowledged: 10, consumed: 10, lost: 0, duplicated: 0, outOfOrder: 0 });
  });

  step("Kafka's own tools print their result and no log", async () => {
    const tool = ["exec", "kafka-0", "--namespace", "kafka", "--", "/opt/kafka/bin/kafka-topics.sh"];
    const printed = await kubectl.run(...tool, "--bootstrap-server", "localhost:9092", "--list");
    const lines = printed.split("\n").filter(Boolean);
    expect(lines).toContain("__consumer_offsets");
    expect(lines.filter((line) => !/^[\w.-]+$/.test(line))).toEqual([]);
  });

  step("a web application with two replicas answers on a NodePort of both hosts", async () => {
    await kubectl.run("create", "deployment", "web-app", "--image", images.nginx, "--replicas", "2");
    await kubectl.run("expose", "deployment", "web-app", "--type", "NodePort", "--port", "80");
    await kubectl.run("rollout", "status", "deployment", "web-app", "--timeout", "2m");
    const port = await kubectl.run("get", "service", "web-app", "--output", "jsonpath={.spec.ports[0].nodePort}");
    for (const address of ["172.30.0.50", "172.30.0.51"]) {
      // The nodes' kube-proxies get the new service at different times.
      const page = await eventually(30, () => fetch(`http://${address}:${port}/`));
      expect(await page.text()).toContain("nginx");
    }
    await kubectl.run("delete", "service,deployment", "web-app");
  });

  step("the second up changes nothing and opens no SSH connection", async () => {
    const before = await Promise.all(hosts.map(logins));
    const { changes, seconds } = await stack.up();
    report.add("secondUpSeconds", seconds);
    expect(changes).toEqual({});
    expect(await Promise.all(hosts.map(logins))).toEqual(before);
    expect(Math.min(...before)).toBeGreaterThan(0); // the count isn't blind to logins
  });

  step(
    "labels and taints of a node change in place by the control plane, kubelet settings on its host; Kafka is verified again",
    async () => {
      const marks = async (): Promise<string[]> => [
        await kubectl.run("get", "node", "worker", "--output", "jsonpath={.metadata.labels['disk','tier','foreign']}"),
        await kubectl.run("get", "node", "worker", "--output", "jsonpath={.spec.taints[*]['key','value','effect']}"),
        await kubectl.run("get", "node", "worker", "--output", "jsonpath={.status.capacity.pods}"),
      ];
      const before = await logins(hosts[0]!);
      await kubectl.run("label", "node", "worker", "foreign=stays");
      await stack.setConfig("hosts.containers[1].labels.disk", "ssd");
      await stack.setConfig("hosts.containers[1].labels.tier", "gold");
      await stack.setConfig("hosts.containers[1].taints[0]", "use=any:PreferNoSchedule");
      await stack.setConfig("hosts.containers[1].kubelet.maxPods", "50");
      expect((await stack.up()).changes).toEqual({ updated: 2, replaced: 3 });
      expect(await marks()).toEqual(["ssd gold stays", "use any PreferNoSchedule", "50"]);

      // No machine has that many cores. Only the kubelet notices, and exits at once.
      await stack.setConfig("hosts.containers[1].kubelet.systemReserved.cpu", "9000");
      const { code, stdout, stderr } = await stack.try("up", "--yes", "--skip-preview", "--stack", stack.name);
      expect(code).not.toBe(0);
      expect(stdout + stderr).toMatch(/the kubelet doesn't take these settings[^]*"systemReserved"[^]*\[KK728\]/);
      expect(await marks()).toEqual(["ssd gold stays", "use any PreferNoSchedule", "50"]);
      await stack.removeConfig("hosts.containers[1].kubelet.systemReserved");

      await stack.setConfig("hosts.containers[1].labels.disk", "nvme");
      await stack.removeConfig("hosts.containers[1].labels.tier");
      // The failed step runs again, although its config is unchanged (KK880).
      expect((await stack.up()).changes).toEqual({ updated: 2, replaced: 3 });
      expect(await marks()).toEqual(["nvme stays", "use any PreferNoSchedule", "50"]);

      await stack.removeConfig("hosts.containers[1].labels");
      await stack.removeConfig("hosts.containers[1].taints");
      await stack.removeConfig("hosts.containers[1].kubelet");
      expect((await stack.up()).changes).toEqual({ updated: 2, replaced: 3 });
      expect(await marks()).toEqual(["stays", "", "110"]);
      expect(await logins(hosts[0]!)).toBe(before + 3); // for the three changes of labels
    },
  );

  step("brokers grow from 1 to 3 by config while a client runs, and nothing is lost", async () => {
    const client = await startClient(hosts[1]!, outputs.bootstrapServersOnNodes, "stream", "stream");
    await stack.setConfig("kafka.brokers", "3");
    const { changes, seconds } = await stack.up();
    const found = await client.end();
    outputs = await stack.outputs();
    report.add("growth", { seconds, changes, client: found, verification: outputs.verification });
    expect(found).toMatchObject({ lost: 0, duplicated: 0, outOfOrder: 0, errors: [] });
    expect(found.acknowledged).toBeGreaterThan(100);
    expect(outputs.verification.brokers).toBe(3);
    expect(outputs.verification.voters).toHaveLength(3);
  });

  step("only the program can shrink the StatefulSet: brokers that are not drained stay", async () => {
    const scale = kubectl.run("scale", "statefulset", "kafka", "--namespace", "kafka", "--replicas", "1");
    await expect(scale).rejects.toThrow(/kafka has 3 nodes and would be left with 1/);
  });

  step("brokers shrink from 3 to 1 by config while a client runs, and nothing is lost", async () => {
    const client = await startClient(hosts[1]!, outputs.bootstrapServersOnNodes, "shrink", "stream");
    await stack.setConfig("kafka.brokers", "1");
    const { changes, seconds } = await stack.up();
    const found = await client.end();
    outputs = await stack.outputs();
    report.add("shrinking", { seconds, changes, client: found, verification: outputs.verification });
    expect(found).toMatchObject({ lost: 0, duplicated: 0, outOfOrder: 0, errors: [] });
    expect(outputs.verification).toMatchObject({ brokers: 1, voters: [0] });
    expect((await stack.up()).changes).toEqual({});
  });

  step("no packet for pods or services left the hosts' network", async () => {
    expect(await guard.packets()).toBe(0);
    // The counter isn't blind: it counts a packet of a container that isn't a host, which therefore nothing refuses earlier.
    await output("docker", [
      "run",
      "--rm",
      "--network",
      "kubeadm-kafka",
      "--entrypoint",
      "/bin/bash",
      process.env.KUBEADM_KAFKA_HOST_IMAGE!,
      "-c",
      "timeout 1 bash -c '</dev/tcp/10.96.0.1/443' || true",
    ]);
    expect(await guard.packets()).toBeGreaterThan(0);
  });

  step("destroying the cluster leaves the hosts as they were made", async () => {
    const cluster = `urn:pulumi:${stack.name}::kubeadm-kafka::kubeadm-kafka:stacks:Platform$kubeadm-kafka:cluster:KubeadmCluster::${stack.name}`;
    const { seconds } = await stack.destroy("--target", cluster, "--target-dependents");
    report.add("destroyClusterSeconds", seconds);
    const residueOnHost = difference(before, await snapshot(hosts[1]!), [
      ...residue.always,
      ...residue.betweenTwoContainers,
    ]);
    report.add("residue", residueOnHost);
    expect(residueOnHost).toEqual([]);
  });

  step("destroy removes the hosts", async () => {
    const { seconds } = await stack.destroy();
    report.add("destroyHostsSeconds", seconds);
    const containers = await output("docker", ["ps", "--all", "--format", "{{.Names}}"]);
    expect(containers.split("\n").filter((name) => hosts.includes(name))).toEqual([]);
  });

  step.cleanUp(async () => {
    await stack.try("destroy", "--yes", "--stack", stack.name);
    await guard.remove();
    stack.remove();
  });
});
