import * as fs from "node:fs";
import * as path from "node:path";

import { kubernetesVersions } from "../../components/artifacts/kubernetesReleases";
import { versions } from "../../components/artifacts/versions";
import { newestPatches } from "../../components/cluster/versionsPlan";
import { privateKeyOf, publicKeyOf } from "../support/keys";
import { root, Stack, workFolder } from "../support/stack";
import { HarmlessPlugin } from "./support/harmlessPlugin";

/**
 * The operations that the engine plans for a change of the config. The engine, the program and the plugins' checks are real; the hosts
 * and the cluster are fakes (support/harmlessPlugin.ts). Each change is previewed against a stack that was made once. Resources that
 * aren't listed stay unchanged.
 */

let plugins: HarmlessPlugin[];
beforeAll(async () => {
  plugins = await Promise.all([HarmlessPlugin.start("command"), HarmlessPlugin.start("kubernetes")]);
  process.env["PULUMI_DEBUG_PROVIDERS"] = plugins.map(({ attachment }) => attachment).join(",");
});
afterAll(() => plugins.forEach((plugin) => plugin.stop()));

/** Operations after a change of something that Kafka depends on: roll, rebalance and verification. */
const verifiedAgain = ["rebalance", "roll", "verification"].map((job) => `replace Job kafka-${job}`);

describe("two hosts in containers, one broker", () => {
  const stack = new Stack("e2e-transitions");
  const master = { name: "master", role: "control-plane", address: "172.30.0.250" };
  const worker = { name: "worker", address: "172.30.0.251" };
  const config = {
    hosts: { containers: [master, worker] },
    kubernetes: { scheduleOnControlPlane: true },
    kafka: { brokers: 1 },
  };
  beforeAll(async () => {
    await stack.clear();
    await stack.create(config);
    await stack.up();
  });
  afterAll(() => stack.remove());

  const planned = async (change: Record<string, unknown>): Promise<string[]> => {
    await stack.create({ ...config, ...change });
    return operations(await stack.preview());
  };

  test("an unchanged config plans nothing", async () => {
    expect(await planned({})).toEqual([]);
  });

  test("three brokers: all Jobs of Kafka run again, and a backup follows", async () => {
    expect(await planned({ kafka: { brokers: 3 } })).toEqual([
      "create ConfigMap kafka-racks",
      "create Service kafka-1",
      "create Service kafka-1-quorum",
      "create Service kafka-2",
      "create Service kafka-2-quorum",
      "replace ConfigMap kafka-config",
      "replace Job kafka-drain",
      "replace Job kafka-rebalance",
      "replace Job kafka-roll",
      "replace Job kafka-verification",
      "update Command e2e-transitions-master-backup-of-kafka",
      "update ConfigMap kafka-addresses",
      "update CronJob kafka-gate",
      "update StatefulSet kafka",
    ]);
  });

  test("one more worker: only its own steps on hosts, and Kafka is verified again", async () => {
    const containers = [master, worker, { name: "second", address: "172.30.0.252" }];
    expect(await planned({ hosts: { containers } })).toEqual([
      "create Command e2e-transitions-second-admit",
      "create Command e2e-transitions-second-after-upgrade",
      "create Command e2e-transitions-second-before-upgrade",
      "create Command e2e-transitions-second-join",
      "create Command e2e-transitions-second-labels",
      "create Command e2e-transitions-second-leave",
      "create Command e2e-transitions-second-original",
      "create Command e2e-transitions-second-pod-network",
      "create Command e2e-transitions-second-preflight",
      "create Command e2e-transitions-second-prepare",
      "create Command e2e-transitions-second-request",
      "create Command e2e-transitions-second-upgrade",
      "create Command second",
      ...verifiedAgain,
      "update NetworkPolicy kafka-hosts", // the address of its end of the tunnels
    ]);
  });

  test("one worker less: its own steps are deleted, and Kafka is verified again", async () => {
    expect(await planned({ hosts: { containers: [master] } })).toEqual([
      "delete Command e2e-transitions-worker-admit",
      "delete Command e2e-transitions-worker-after-upgrade",
      "delete Command e2e-transitions-worker-before-upgrade",
      "delete Command e2e-transitions-worker-join",
      "delete Command e2e-transitions-worker-labels",
      "delete Command e2e-transitions-worker-leave",
      "delete Command e2e-transitions-worker-original",
      "delete Command e2e-transitions-worker-pod-network",
      "delete Command e2e-transitions-worker-preflight",
      "delete Command e2e-transitions-worker-prepare",
      "delete Command e2e-transitions-worker-request",
      "delete Command e2e-transitions-worker-upgrade",
      "delete Command worker",
      ...verifiedAgain,
      "update Command e2e-transitions-master-backups", // no other host is left for copies
    ]);
  });

  test("a label of a control plane: one step on that host, and Kafka is verified again", async () => {
    const containers = [{ ...master, labels: { disk: "ssd" } }, worker];
    expect(await planned({ hosts: { containers } })).toEqual([
      "create Command e2e-transitions-master-labels",
      ...verifiedAgain,
    ]);
  });

  test("a Kafka property: the brokers roll, and Kafka is verified again", async () => {
    expect(await planned({ kafka: { brokers: 1, properties: { "num.io.threads": 4 } } })).toEqual([
      "replace ConfigMap kafka-config",
      "replace Job kafka-roll",
      "replace Job kafka-verification",
      "update StatefulSet kafka",
    ]);
  });

  test("less retention of all topics: the drain's Job checks it before the brokers get it", async () => {
    expect(await planned({ kafka: { brokers: 1, properties: { "log.retention.hours": 24 } } })).toEqual([
      "replace ConfigMap kafka-config",
      "replace Job kafka-drain",
      "replace Job kafka-rebalance",
      "replace Job kafka-roll",
      "replace Job kafka-verification",
      "update StatefulSet kafka",
    ]);
  });

  test("a topic: nothing else runs again", async () => {
    const topics = { orders: { partitions: 6, replicationFactor: 1 } };
    expect(await planned({ kafka: { brokers: 1, topics } })).toEqual([
      "create ConfigMap kafka-topic-orders",
      "create Job kafka-topic-orders",
      "create KafkaTopic orders",
    ]);
  });

  test("another patch version of Kafka: workers pull its image first", async () => {
    expect(await planned({ kafka: { brokers: 1, version: `${versions.kafka}1` } })).toEqual([
      "replace Job kafka-roll",
      "replace Job kafka-verification",
      "update Command e2e-transitions-worker-prepare",
      "update StatefulSet kafka",
    ]);
  });
});

describe("an `up` that is killed or fails during updates", () => {
  const stack = new Stack("e2e-transitions-killed");
  const hosts = (memory: string) => ({
    containers: [{ name: "master", role: "control-plane", address: "172.30.0.250", memory }],
  });
  const configure = (brokers: number, memory: string) =>
    stack.create({ hosts: hosts(memory), kubernetes: { scheduleOnControlPlane: true }, kafka: { brokers } });
  beforeAll(async () => {
    await stack.clear();
    await configure(3, "8g");
    await stack.up();
  });
  afterAll(() => stack.remove());

  test.each([
    ["an object", "kubernetes", "kafka", 5, "8g", "StatefulSet kafka"],
    ["a host's step", "command", "master", 3, "9g", "Command master"],
  ] as const)("%s: the config is set back, and the next up updates it again, once", async (...row) => {
    const [, name, resource, brokers, memory, updated] = row;
    const plugin = plugins.find(({ attachment }) => attachment.startsWith(`${name}:`))!;
    await configure(brokers, memory);
    await stack.killUpAt(plugin.stallUpdateOf(resource));
    await stack.cancel();
    await configure(3, "8g");

    const preview = await stack.try("preview", "--stack", stack.name);
    expect(preview.stderr).toContain(`killed while it was\n  updating ${updated}\n`);
    const again = await stack.try("up", "--stack", stack.name, "--yes", "--skip-preview");
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining(`  updating ${updated}\n`)]);
    expect(again.stdout).toMatch(new RegExp(`:${updated.replace(" ", " +")} updated`));
    for (const job of ["roll", "rebalance", "verification"])
      expect(again.stdout).toMatch(new RegExp(`:Job +kafka-${job} replaced`));
    expect(operations(await stack.preview())).toEqual([]);
  });

  test.each([
    ["an update", "9g", []],
    ["a repair", "8g", ["--target-replace", "**::master"]],
  ] as const)(
    "%s of a host's step fails: the config is set back, and the next up runs the step again, once",
    async (...row) => {
      const [, memory, options] = row;
      const [plugin] = plugins;
      await configure(3, memory);
      plugin!.fail("master");
      const failing = await stack.try("up", "--stack", stack.name, "--yes", "--skip-preview", ...options);
      expect([failing.code, failing.stdout]).toEqual([1, expect.stringContaining("made to fail")]);
      await configure(3, "8g");

      const preview = await stack.try("preview", "--stack", stack.name);
      expect(preview.stderr).toContain("failed in\n  Command master\n");
      const again = await stack.try("up", "--stack", stack.name, "--yes", "--skip-preview");
      expect([again.code, again.stderr]).toEqual([0, expect.stringContaining("failed in\n  Command master\n")]);
      expect(again.stdout).toMatch(/:Command +master updated/);
      for (const job of ["roll", "rebalance", "verification"])
        expect(again.stdout).toMatch(new RegExp(`:Job +kafka-${job} replaced`));
      expect(operations(await stack.preview())).toEqual([]);
      expect((await stack.try("preview", "--stack", stack.name)).stderr).not.toContain("KK880");
    },
  );
});

describe("brokers in racks", () => {
  const stack = new Stack("e2e-transitions-racks");
  const configure = (zone: string) => {
    const labels = { "topology.kubernetes.io/zone": zone };
    const hosts = { containers: [{ name: "master", role: "control-plane", address: "172.30.0.250", labels }] };
    return stack.create({ hosts, kubernetes: { scheduleOnControlPlane: true }, kafka: { brokers: 3 } });
  };
  beforeAll(async () => {
    await stack.clear();
    await configure("a");
    await stack.up();
  });
  afterAll(() => stack.remove());

  test("a host's rack changes: the map that brokers mount is updated in place, so it is never missing", async () => {
    await configure("b");
    expect(operations(await stack.preview())).toEqual([
      ...verifiedAgain,
      "update Command e2e-transitions-racks-master-labels",
      "update ConfigMap kafka-racks",
    ]);
  });
});

describe("a password among Kafka's properties", () => {
  const stack = new Stack("e2e-transitions-secret");
  const configure = (password: string) =>
    stack.create({
      hosts: { containers: [{ name: "master", role: "control-plane", address: "172.30.0.250" }] },
      kafka: { properties: { "ssl.keystore.password": password } },
    });
  beforeAll(async () => {
    await stack.clear();
    await configure("hunter2");
    await stack.up();
  });
  afterAll(() => stack.remove());

  test("the password is nowhere in the state", async () => {
    const state = await stack.encryptedState();
    expect(state).toContain("kafka-secrets");
    expect(state).not.toContain("hunter2");
  });

  test("another password: a new Secret, and the pods roll", async () => {
    await configure("hunter3");
    expect(operations(await stack.preview())).toEqual([
      "replace Job kafka-roll",
      "replace Job kafka-verification",
      "replace Secret kafka-secrets",
      "update StatefulSet kafka",
    ]);
  });
});

describe("a checkout with newer defaults", () => {
  const stack = new Stack("e2e-transitions-versions");
  const [oldest, next, afterNext] = newestPatches(kubernetesVersions) as [string, string, string];
  const before = versions.kafkaBefore;
  const configure = (kubernetes?: string, kafka?: string) =>
    stack.create({
      hosts: { containers: [{ name: "master", role: "control-plane", address: "172.30.0.250" }] },
      artifacts: { mirror: "http://192.0.2.1:5000", mirrorKey: "A".repeat(40) }, // the toolchain's mirror may lack a version (KK503)
      ...(kubernetes && { kubernetes: { version: kubernetes } }),
      ...(kafka && { kafka: { version: kafka } }),
    });
  const up = (...options: string[]) => stack.try("up", "--stack", stack.name, "--yes", "--skip-preview", ...options);
  /** What the newer checkout plans, and what it says. */
  const previewed = async (): Promise<{ planned: string[]; said: string }> => {
    const copy = path.join(workFolder, "newer-checkout");
    copyProgram(copy, `Pulumi.${stack.name}.yaml`);
    const file = path.join(copy, "components/artifacts/versions.ts");
    const text = fs.readFileSync(file, "utf8").replace(`kubernetes: "${versions.kubernetes}"`, `kubernetes: "${next}"`);
    fs.writeFileSync(file, text.replace(`kafka: "${versions.kafka}"`, `kafka: "${versions.kafka}1"`));
    const { stdout } = await stack.try("preview", "--cwd", copy, "--stack", stack.name, "--json");
    const preview = JSON.parse(stdout) as Preview & { diagnostics: { message: string }[] };
    return { planned: operations(preview), said: preview.diagnostics.map(({ message }) => message).join("\n") };
  };
  const offer = (name: string, version: string, kept: string) =>
    `This checkout has ${name} ${version}. The stack stays at ${kept} until you set it: ` +
    `bin/pulumi config set --stack ${stack.name} --path ${name.toLowerCase()}.version ${version}`;
  beforeAll(() => stack.clear());
  afterAll(() => stack.remove());

  test("changes no step of a cluster whose first up failed before Kafka was there", async () => {
    await configure(oldest, before);
    plugins[1]!.fail("kafka-drain");
    expect((await up()).code).toBe(1);
    await configure();
    const { planned, said } = await previewed();
    expect(planned.filter((line) => !line.startsWith("create "))).toEqual([]);
    expect(said).toContain(offer("Kubernetes", next, oldest));
  });

  test("changes nothing of a stack whose config names no versions any more, and its preview offers newer ones", async () => {
    await configure(oldest, before);
    await stack.up();
    await configure();
    const { planned, said } = await previewed();
    expect(planned).toEqual([]);
    expect(said).toContain(offer("Kubernetes", next, oldest));
    expect(said).toContain(offer("Kafka", `${versions.kafka}1`, before));
  });

  test("doesn't take a version for the stack's that a targeted up has only downloaded", async () => {
    await configure(next);
    expect((await up("--target", `**::${stack.name}-master-prepare`)).code).toBe(0);
    await configure();
    const { planned, said } = await previewed();
    expect(planned).toEqual([`update Command ${stack.name}-master-prepare`]);
    expect(said).toContain(offer("Kubernetes", next, oldest));
  });

  const ends: Record<string, (plugin: HarmlessPlugin) => Promise<void>> = {
    fails: async (plugin) => {
      plugin.fail("kafka");
      expect((await up()).code).toBe(1);
    },
    "is killed": async (plugin) => {
      await stack.killUpAt(plugin.stallUpdateOf("kafka"));
      await stack.cancel();
    },
  };
  test.each(Object.keys(ends))(
    "doesn't take a version for the stack's before an up that %s has applied it",
    async (end) => {
      await configure(oldest, versions.kafka);
      await ends[end]!(plugins[1]!);
      await configure();
      const { planned, said } = await previewed();
      expect(planned).not.toContain("update StatefulSet kafka");
      expect(said).toContain(offer("Kafka", `${versions.kafka}1`, before));
    },
  );

  test("keeps the versions of an up that has applied them", async () => {
    await configure(next, versions.kafka);
    await stack.up();
    await configure();
    const { planned, said } = await previewed();
    expect(planned).toEqual([]);
    expect(said).toContain(offer("Kafka", `${versions.kafka}1`, versions.kafka));
    expect(said).toContain(offer("Kubernetes", afterNext, next));
  });
});

describe("two existing hosts", () => {
  const stack = new Stack("e2e-transitions-existing");
  const host = (name: string, role: string, number: number, key = name) => ({
    name,
    role,
    address: `192.0.2.${number}`,
    // Nothing listens at these addresses, so the Kubernetes plugin fails at once to reach the API server.
    ssh: { host: name === "master" ? "127.0.0.1" : "127.0.0.2", hostKey: publicKeyOf(key) },
  });
  const master = host("master", "control-plane", 1);
  const worker = host("worker", "worker", 2);
  const configure = async (...existing: object[]): Promise<void> => {
    await stack.create({ hosts: { existing } });
    await stack.setSecret("sshPrivateKey", privateKeyOf("nobody"));
  };
  beforeAll(async () => {
    await stack.clear();
    await configure(master, worker);
    await stack.up();
  });
  afterAll(() => stack.remove());

  test("another host key of one host: the steps of that host", async () => {
    await configure(master, host("worker", "worker", 2, "BBBB"));
    expect(operations(await stack.preview())).toEqual([
      ...verifiedAgain,
      "update Command e2e-transitions-existing-worker-admit",
      "update Command e2e-transitions-existing-worker-join",
      "update Command e2e-transitions-existing-worker-original",
      "update Command e2e-transitions-existing-worker-pod-network",
      "update Command e2e-transitions-existing-worker-preflight",
      "update Command e2e-transitions-existing-worker-prepare",
      "update Command e2e-transitions-existing-worker-request",
      "update Command e2e-transitions-existing-worker-upgrade",
    ]);
  });

  test("another address of a worker: the steps of that host", async () => {
    await configure(master, host("worker", "worker", 3));
    expect(operations(await stack.preview())).toEqual([
      ...verifiedAgain,
      "update Command e2e-transitions-existing-worker-admit",
      "update Command e2e-transitions-existing-worker-join",
      "update Command e2e-transitions-existing-worker-pod-network",
      "update Command e2e-transitions-existing-worker-preflight",
      "update Command e2e-transitions-existing-worker-prepare",
      "update NetworkPolicy kafka-hosts",
    ]);
  });

  test("a lost worker: a control plane removes it, and no step contacts it", async () => {
    await configure(master, { ...worker, lost: true });
    expect(operations(await stack.preview())).toEqual([
      "delete Command e2e-transitions-existing-master-labels", // a single node runs pods
      "delete Command e2e-transitions-existing-worker-admit",
      "delete Command e2e-transitions-existing-worker-after-upgrade",
      "delete Command e2e-transitions-existing-worker-before-upgrade",
      "delete Command e2e-transitions-existing-worker-join",
      "delete Command e2e-transitions-existing-worker-labels",
      "delete Command e2e-transitions-existing-worker-pod-network",
      "delete Command e2e-transitions-existing-worker-preflight",
      "delete Command e2e-transitions-existing-worker-prepare",
      "delete Command e2e-transitions-existing-worker-request",
      "delete Command e2e-transitions-existing-worker-upgrade",
      ...verifiedAgain,
      "update Command e2e-transitions-existing-master-backups", // no other host is left for copies
      "update Command e2e-transitions-existing-master-control-plane", // a single node runs pods
      "update Command e2e-transitions-existing-master-control-plane-config",
      "update Command e2e-transitions-existing-worker-leave",
    ]);
  });

  test("another address of the only control plane: the steps on that host, and on the other the line in /etc/hosts", async () => {
    await configure(host("master", "control-plane", 3), worker);
    // The path to the API server is known only after `up`, so the preview can't tell which objects stay unchanged.
    const onHosts = operations(await stack.preview()).filter((line) => line.includes(" Command "));
    expect(onHosts).toEqual([
      "update Command e2e-transitions-existing-master-control-plane",
      "update Command e2e-transitions-existing-master-control-plane-config",
      "update Command e2e-transitions-existing-master-pod-network",
      "update Command e2e-transitions-existing-master-preflight",
      "update Command e2e-transitions-existing-master-prepare",
      "update Command e2e-transitions-existing-worker-join",
    ]);
  });
});

interface Preview {
  steps: { op: string; urn: string }[];
}

/** A preview's operations as `update KIND NAME`, sorted. A replacement is listed once, not as three operations. */
function operations({ steps }: Preview): string[] {
  const omitted = ["same", "create-replacement", "delete-replaced"];
  return steps
    .filter(({ op }) => !omitted.includes(op))
    .map(({ op, urn }) => `${op} ${urn.split(":").at(-3)!} ${urn.split("::").at(-1)!}`)
    .sort();
}

/** Copies everything that `pulumi preview` reads to a folder where it can be changed. */
function copyProgram(target: string, settings: string): void {
  fs.rmSync(target, { recursive: true, force: true });
  for (const name of [
    "index.ts",
    "config",
    "stacks",
    "components",
    "package.json",
    "tsconfig.json",
    "Pulumi.yaml",
    settings,
  ]) {
    fs.cpSync(path.join(root, name), path.join(target, name), { recursive: true });
  }
  fs.symlinkSync(path.join(root, "node_modules"), path.join(target, "node_modules"));
}
