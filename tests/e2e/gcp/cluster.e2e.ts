import * as fs from "node:fs";
import * as path from "node:path";

import * as yaml from "js-yaml";

import { CloudConsole } from "../../gcp-stand-in/cloudConsole";
import { types } from "../../gcp-stand-in/resources/types";
import { eventually } from "../../support/eventually";
import { output } from "../../support/shell";
import { root, Stack, workFolder } from "../../support/stack";
import { typeOf } from "../../support/urn";
import { Kubectl } from "../support/kubectl";
import { Report } from "../support/report";
import { story } from "../support/story";

const stack = new Stack("e2e-gcp");
const report = new Report("cluster", "e2e-gcp");

/** The ranges of pods and services are those of Pulumi.gcp.yaml. Hosts have addresses of this machine's container network. */
const cloud = new CloudConsole({
  folder: path.join(workFolder, "gcp-stand-in"),
  image: process.env["KUBEADM_KAFKA_HOST_IMAGE"]!,
  externalAddresses: [80, 81, 94, 95, 96, 97, 98, 99].map((place) => `172.30.0.${place}`),
  probeAddresses: ["172.30.0.82", "172.30.0.83"],
  guardedRanges: ["10.200.0.0/16", "10.32.0.0/24"],
});

story("a cluster on a stand-in for Google Cloud, from nothing to Kafka and back", (step) => {
  let kubectl: Kubectl;

  step("set-up: the stack uses the stand-in instead of Google's plugin", async () => {
    await stack.clear();
    await cloud.clear();
    cloud.install();
    await stack.create(exampleConfig());
  });

  step("the first preview lists every resource on Google Cloud, and creates none", async () => {
    const { steps } = await stack.preview();
    const planned = steps.map(({ urn }) => typeOf(urn)).filter((type) => type in counted);
    expect(count(planned)).toEqual(counted);
    expect(cloud.ids()).toEqual([]);
  });

  step("up from nothing ends with a verified Kafka", async () => {
    const { seconds } = await stack.up();
    const { kubeconfig, verification } = await stack.outputs();
    kubectl = new Kubectl(stack.name, kubeconfig);
    report.add("upSeconds", seconds);
    report.add("verification", verification);
    expect(verification.brokers).toBe(3);
    expect(count(cloud.items().map(({ type }) => type))).toEqual(counted);
    expect(await nodes()).toEqual(allReady);
  });

  step(
    "Pulumi reaches the API server at the reserved address, workers reach it at the internal load balancer's",
    async () => {
      const [reserved] = cloud.items().filter(({ type }) => type === types.address);
      expect(await kubectl.run("config", "view", "--minify")).toContain(
        `server: https://${reserved!.filled["knownAs"] as string}:6443`,
      );
      const etcHosts = await output("docker", ["exec", "e2e-gcp-worker-0", "cat", "/etc/hosts"]);
      expect(etcHosts).toMatch(/^172[.]30[.]0[.]85\s.*api[.]kubeadm-kafka[.]internal/m);
    },
  );

  step("a client that no firewall rule allows reaches nothing", async () => {
    expect(await canConnect(22)).toBe(true);
    expect(await canConnect(6443)).toBe(true);
    const ssh = cloud.items().find(({ id }) => id.endsWith("allow-ssh"))!;
    await cloud.deleteWithoutPulumi(ssh);
    expect(await canConnect(22)).toBe(false);
    expect(await canConnect(6443)).toBe(true);
    await refresh();
    const { changes } = await stack.up();
    expect(changes).toEqual({ created: 1 });
    expect(await canConnect(22)).toBe(true);
  });

  step("the second up changes nothing", async () => {
    const { changes, seconds } = await stack.up();
    report.add("secondUpSeconds", seconds);
    expect(changes).toEqual({});
  });

  for (const host of ["worker-2", "controller-1"]) {
    step(`${host} is deleted by somebody: refresh and up make it again, and the cluster is complete`, async () => {
      const lost = cloud.instance(host);
      await cloud.deleteWithoutPulumi(lost);
      await refresh();
      const { seconds, changes } = await stack.up();
      const { verification } = await stack.outputs();
      report.add(`${host}Deleted`, { seconds, changes, verification });
      expect(cloud.instance(host).filled["instanceId"]).not.toBe(lost.filled["instanceId"]);
      await eventually(120, async () => expect(await nodes()).toEqual(allReady));
      expect(verification.brokers).toBe(3);
      expect((await stack.up()).changes).toEqual({});
    });
  }

  step("a change of two instances' types in one run is refused, and nothing is touched", async () => {
    const before = cloud.items();
    for (const host of ["worker-1", "worker-2"]) await stack.setConfig(typeKeyOf(host), "e2-standard-4");
    const { code, stdout, stderr } = await stack.try("up", "--yes", "--skip-preview", "--stack", stack.name);
    expect(code).not.toBe(0);
    expect(stdout + stderr).toMatch(/would stop or replace worker-1 worker-2 in one run/);
    expect(cloud.items()).toEqual(before);
    await stack.setConfig(typeKeyOf("worker-2"), "e2-standard-2");
  });

  step("one instance's type changes: only that instance is stopped and started", async () => {
    const started = await startTimes();
    const { seconds, changes } = await stack.up();
    const { verification } = await stack.outputs();
    report.add("typeChanged", { seconds, changes, verification });
    expect(await memoryLimit("e2e-gcp-worker-1")).toBe(16 * 2 ** 30);
    const after = await startTimes();
    expect(Object.keys(after).filter((name) => after[name] !== started[name])).toEqual(["e2e-gcp-worker-1"]);
    await eventually(120, async () => expect(await nodes()).toEqual(allReady));
    expect((await stack.up()).changes).toEqual({});
  });

  step("destroy leaves nothing, and contacts no host that is deleted", async () => {
    const { seconds } = await stack.destroy();
    report.add("destroySeconds", seconds);
    expect(cloud.ids()).toEqual([]);
    expect(await cloud.containers()).toEqual([]);
  });

  step.cleanUp(async () => {
    await stack.end();
    await cloud.clear();
    stack.remove();
  });

  /** Each node's readiness and the zone in its label, by the node's name. */
  async function nodes(): Promise<Record<string, string>> {
    const ready = '{.status.conditions[?(@.type=="Ready")].status}';
    const zone = "{.metadata.labels.topology\\.kubernetes\\.io/zone}";
    const template = `{range .items[*]}{.metadata.name} ${ready},${zone}{"\\n"}{end}`;
    const lines = await kubectl.run("get", "nodes", "--output", `jsonpath=${template}`);
    return Object.fromEntries(
      lines
        .trim()
        .split("\n")
        .map((line) => line.split(" ")),
    ) as Record<string, string>;
  }
});

/** The hosts of Pulumi.gcp.yaml, with addresses of the container network. */
const addresses: Record<string, string> = {
  "controller-0": "172.30.0.90",
  "controller-1": "172.30.0.91",
  "controller-2": "172.30.0.92",
  "worker-0": "172.30.0.86",
  "worker-1": "172.30.0.87",
  "worker-2": "172.30.0.88",
};
const hosts = Object.keys(addresses);
const controllers = hosts.filter((host) => host.startsWith("controller-"));

const allReady = Object.fromEntries(hosts.map((host) => [host, "True,europe-west8-a"]));

/** The resources on Google Cloud of the stack in Pulumi.gcp.yaml. */
const counted: Record<string, number> = {
  [types.network]: 1,
  [types.subnetwork]: 1,
  [types.firewall]: 4,
  [types.address]: 1,
  [types.account]: 1,
  [types.instance]: hosts.length,
  [types.instanceGroup]: 1,
  [types.membership]: controllers.length,
  [types.healthCheck]: 1,
  [types.backendService]: 2,
  [types.forwardingRule]: 2,
};

function count(names: readonly string[]): Record<string, number> {
  return names.reduce<Record<string, number>>((sum, name) => ({ ...sum, [name]: (sum[name] ?? 0) + 1 }), {});
}

/** Pulumi.gcp.yaml, with the values that each user sets, and with addresses of the container network. */
function exampleConfig(): Record<string, unknown> {
  const file = yaml.load(fs.readFileSync(path.join(root, "Pulumi.gcp.yaml"), "utf8")) as {
    config: Record<string, Record<string, unknown>>;
  };
  const config = Object.fromEntries(
    Object.entries(file.config).map(([key, value]) => [key.replace("kubeadm-kafka:", ""), value]),
  );
  const gcp = config["hosts"]!["gcp"] as { network: object; instances: { name: string; role: string }[] };
  return {
    ...config,
    hosts: {
      gcp: {
        ...gcp,
        project: "example-1",
        network: { ...gcp.network, range: "172.30.0.80/28" },
        allow: { ssh: ["172.30.0.1/32"], api: ["172.30.0.1/32"] },
        instances: gcp.instances
          .filter(({ name }) => hosts.includes(name))
          .map((instance) => ({ ...instance, address: addresses[instance.name] })),
      },
    },
  };
}

/** Whether this machine can connect to a controller's port. */
async function canConnect(port: number): Promise<boolean> {
  const probe = `timeout 3 bash -c '</dev/tcp/172.30.0.90/${port}' 2>/dev/null && echo yes || echo no`;
  return (await output("bash", ["-c", probe])).trim() === "yes";
}

function typeKeyOf(host: string): string {
  return `hosts.gcp.instances[${hosts.indexOf(host)}].type`;
}

async function refresh(): Promise<void> {
  const { code, stdout, stderr } = await stack.try("refresh", "--yes", "--skip-preview", "--stack", stack.name);
  if (code !== 0) throw new Error(stdout + stderr);
}

async function startTimes(): Promise<Record<string, string>> {
  const names = Object.keys(allReady).map((name) => `e2e-gcp-${name}`);
  const lines = await output("docker", ["inspect", "--format", "{{.Name}} {{.State.StartedAt}}", ...names]);
  return Object.fromEntries(
    lines
      .trim()
      .split("\n")
      .map((line) => line.slice(1).split(" ")),
  ) as Record<string, string>;
}

async function memoryLimit(container: string): Promise<number> {
  return Number(await output("docker", ["inspect", "--format", "{{.HostConfig.Memory}}", container]));
}
