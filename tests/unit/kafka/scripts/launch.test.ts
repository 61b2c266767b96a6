import { spawn, spawnSync } from "child_process";
import * as fs from "fs";
import * as os from "os";
import * as path from "path";
import { nodeFiles } from "../../../../components/kafka/declared/configMap";
import { toKafkaId } from "../../../../components/kafka/declared/namespace";
import { type Encryption, encryptions } from "../../../../components/kafka/plan/encryption";
import { listenersOf, outsideListeners, planKafka } from "../../../../components/kafka/plan/kafkaPlan";
import { scriptClock } from "../../../support/scriptClock";

// A generous limit, since the machine may be busy.
jest.setTimeout(120_000);

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "launch-"));
afterAll(() => fs.rmSync(temporary, { recursive: true }));

/** A pod's file system in a folder, with stand-ins for Kafka's programs that only print their arguments. */
class Pod {
  readonly dir = fs.mkdtempSync(path.join(temporary, "pod-"));
  private clock = {};

  constructor(
    private readonly id: number,
    brokers: number,
    controllers = 0,
    private readonly volumes: readonly string[] = ["data"],
    private readonly encryption: Encryption = "open",
  ) {
    for (const folder of ["config", "state", "bin", "racks"]) fs.mkdirSync(path.join(this.dir, folder));
    for (const [name, content] of Object.entries(
      nodeFiles(planKafka("kafka", "kafka", brokers, controllers, {}, encryption)),
    )) {
      this.write(`config/${name}`, content);
    }
    this.write(`addresses/kafka-${id}`, `10.96.0.${id}`);
    for (const program of ["kafka-storage.sh", "kafka-server-start.sh"]) {
      this.write(`bin/${program}`, `#!/bin/sh\necho "${program} $*"\n`, 0o755);
    }
  }

  write(file: string, content: string, mode?: number): this {
    fs.mkdirSync(path.dirname(path.join(this.dir, file)), { recursive: true });
    fs.writeFileSync(path.join(this.dir, file), content, { mode });
    return this;
  }

  wasFormed(): this {
    return this.write("state/formed", "");
  }

  /** Volumes have a mark from the beginning; `there` says whether these still have it. */
  marked(there: boolean): this {
    this.write("config/volume-mark", ".mark");
    return there ? this.write(".mark", "") : this;
  }

  withVolumeOf(clusterId: string, node: number, volume = "data"): this {
    return this.write(`${volume}/meta.properties`, `node.id=${node}\ncluster.id=${clusterId}\nversion=1\n`);
  }

  /** Its scripts don't wait, see `scriptClock`. */
  withClock(meanwhile?: string): this {
    this.clock = scriptClock(this.dir, meanwhile);
    return this;
  }

  launch(env: Record<string, string> = {}) {
    const pathOf = (name: string): string => path.join(this.dir, name);
    const { status, stdout, stderr } = spawnSync("bash", ["config/launch.sh"], {
      cwd: this.dir,
      timeout: 100_000,
      encoding: "utf8",
      env: this.environment(env),
    });
    const read = (name: string): string => (fs.existsSync(pathOf(name)) ? fs.readFileSync(pathOf(name), "utf8") : "");
    return { status, stdout, stderr, properties: read("server.properties"), reason: read("termination-log") };
  }

  /** Launches the pod, and stops it once its server runs. */
  async stop(env: Record<string, string>): Promise<{ status: number | null; printed: string }> {
    const child = spawn("bash", [path.join(this.dir, "config/launch.sh")], { env: this.environment(env) });
    let printed = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      const wasServing = printed.includes("serving");
      printed += text;
      if (!wasServing && printed.includes("serving")) child.kill("SIGTERM");
    });
    const status = await new Promise<number | null>((resolve) => child.on("close", resolve));
    return { status, printed };
  }

  private environment(env: Record<string, string>): NodeJS.ProcessEnv {
    const pathOf = (name: string): string => path.join(this.dir, name);
    return {
      PATH: process.env.PATH,
      POD_NAME: this.id < 1000 ? `kafka-${this.id}` : `kafka-controller-${this.id - 1000}`,
      POOL_ROLE: this.id < 1000 ? "broker" : "controller",
      FIRST_ID: this.id < 1000 ? "0" : "1000",
      DOMAIN: "kafka.svc.cluster.local",
      CLUSTER_ID: "-ours",
      LOG_DIRS: this.volumes.map(pathOf).join(),
      CONFIG_DIR: pathOf("config"),
      STATE_DIR: pathOf("state"),
      OUTLIVE_SECONDS: "0",
      ADDRESSES_DIR: pathOf("addresses"),
      RACKS_DIR: pathOf("racks"),
      CERTIFICATES_DIR: pathOf("certificates"),
      ENCRYPTION: this.encryption,
      SECRETS_DIR: pathOf("secrets"),
      KAFKA_BIN: pathOf("bin"),
      PROPERTIES: pathOf("server.properties"),
      TERMINATION_LOG: pathOf("termination-log"),
      ...this.clock,
      ...env,
    };
  }
}

const formatted = (stdout: string) => /kafka-storage\.sh (.*)/.exec(stdout)?.[1];

test("the Secret's content is added to the node's properties, on lines of its own", () => {
  const secret = "ssl.keystore.password=hunter2\n";
  const pod = new Pod(0, 1).write("secrets/secret.properties", secret);
  expect(pod.launch().properties).toContain(`\n${secret}`);
  expect(new Pod(0, 1).launch().properties).not.toContain("hunter2");
});

test("the server uses the cluster's log settings, a tool in the pod those of Kafka's image", () => {
  const logging = 'echo "$(basename "$0"): ${KAFKA_LOG4J_OPTS:-as in the image}"';
  const pod = new Pod(0, 1);
  for (const program of ["kafka-storage.sh", "kafka-server-start.sh"]) {
    pod.write(`bin/${program}`, `#!/bin/sh\n${logging}\n`, 0o755);
  }
  expect(pod.launch().stdout.trim().split("\n")).toEqual([
    "kafka-storage.sh: as in the image",
    `kafka-server-start.sh: -Dlog4j2.configurationFile=${pod.dir}/config/log4j2.properties`,
  ]);
});

test("node 0 of a new cluster starts the quorum", () =>
  expect(formatted(new Pod(0, 3).launch().stdout)).toContain("--standalone"));

test.each([1, 2])("node %i of a new cluster waits to be added to the quorum", (id) =>
  expect(formatted(new Pod(id, 3).launch().stdout)).toMatch(/--no-initial-controllers$/),
);

test("a node that doesn't vote is formatted without quorum options", () =>
  expect(formatted(new Pod(1, 2).launch().stdout)).toMatch(/--ignore-formatted$/));

test("a cluster id that starts with a dash isn't taken for an option", () =>
  expect(formatted(new Pod(0, 1).launch().stdout)).toContain("--cluster-id=-ours"));

test("node 0 that lost its volume in a grown cluster starts no second quorum", () =>
  expect(formatted(new Pod(0, 3).wasFormed().launch().stdout)).toMatch(/--no-initial-controllers$/));

test("a sole voter that lost its volume is refused, and nothing is formatted", () => {
  const { status, stdout, reason } = new Pod(0, 2).wasFormed().launch();
  expect([status, stdout]).toEqual([1, ""]);
  expect(reason).toContain("a volume of kafka-0 is empty, but this Kafka cluster has been running");
});

describe("a volume that has a mark from the beginning", () => {
  test("is formatted if it is new, also for a node that is added later", () => {
    expect(formatted(new Pod(1, 3).marked(true).launch().stdout)).toContain("--no-initial-controllers");
    expect(formatted(new Pod(3, 4).marked(true).wasFormed().launch().stdout)).toContain("--ignore-formatted");
  });

  test("isn't taken for new when an empty folder is in its place", () => {
    const { status, stdout, reason } = new Pod(1, 3).marked(false).wasFormed().launch();
    expect([status, stdout]).toEqual([1, ""]);
    expect(reason).toMatch(/the volume of kafka-1 is gone: an empty folder is in its place.* \[KK842\]$/m);
  });

  test("without a mark, from an earlier release, is used as before", () =>
    expect(new Pod(1, 3).marked(false).wasFormed().withVolumeOf("-ours", 1).launch().status).toBe(0));

  test("isn't required in a cluster that was never up, where nothing can be lost", () =>
    expect(new Pod(1, 3).marked(false).launch().status).toBe(0));
});

test("a formatted volume is used as it is", () => {
  const { status, stdout } = new Pod(0, 3).wasFormed().withVolumeOf("-ours", 0).launch();
  expect(status).toBe(0);
  expect(stdout).toMatch(/^kafka-server-start\.sh .*server\.properties\n$/);
});

test.each([
  ["another cluster", "theirs", 0, "belongs to the Kafka cluster theirs, not to -ours"],
  ["another node", "-ours", 2, "belongs to node 2 of this Kafka cluster"],
])("the volume of %s is refused", (_, clusterId, node, reason) => {
  const launched = new Pod(0, 3).withVolumeOf(clusterId, node).launch();
  expect([launched.status, launched.stdout]).toEqual([1, ""]);
  expect(launched.reason).toContain(reason);
  expect(launched.stderr).toContain(reason);
});

test("a voter has all listeners, with names for pods and addresses for nodes", () => {
  const { properties } = new Pod(2, 3).launch();
  const name = "kafka-2.kafka.svc.cluster.local";
  expect(properties).toContain(
    `advertised.listeners=CLUSTER://${name}:9092,NODES://10.96.0.2:9094,CONTROLLER://kafka-2-quorum.kafka.svc.cluster.local:9093\n`,
  );
  expect(properties).toContain("\nnode.id=2\nprocess.roles=broker,controller\n");
});

describe("the address of a broker's Service, which the kubelet delivers late", () => {
  const withoutAddress = (meanwhile?: string): Pod => {
    const pod = new Pod(2, 3).withClock(meanwhile);
    fs.rmSync(path.join(pod.dir, "addresses"), { recursive: true });
    return pod;
  };
  const missing = "the address of the Service kafka-2 has not come within 2 seconds";

  test("is awaited, and the log says so at once and repeatedly", () => {
    const { stderr } = withoutAddress().launch({ ADDRESS_WAIT_SECONDS: "2", SAY_EVERY_SECONDS: "1" });
    const lines = stderr
      .split("\n")
      .filter((line) => line.startsWith("waiting for the address of the Service kafka-2 in "));
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/addresses\/kafka-2, for 0 of 2 seconds$/);
  });

  test("ends the pod with the reason if it doesn't arrive, before anything is formatted", () => {
    const { status, stdout, reason } = withoutAddress().launch({ ADDRESS_WAIT_SECONDS: "2" });
    expect([status, stdout]).toEqual([1, ""]);
    expect(reason).toMatch(new RegExp(`^Kafka did not start: ${missing}: .*\\[KK818\\]\\n$`));
  });

  test("is used as soon as it arrives", () => {
    const late = '((SECONDS < 2)) || { mkdir "$ADDRESSES_DIR"; echo 10.96.0.2 >"$ADDRESSES_DIR/kafka-2"; }';
    const { status, properties } = withoutAddress(late).launch();
    expect(status).toBe(0);
    expect(properties).toContain(",NODES://10.96.0.2:9094");
  });
});

describe("with TLS, a node", () => {
  const encrypted = (encryption: Encryption, id = 2, controllers = 0): Pod =>
    new Pod(id, 3, controllers, ["data"], encryption).write(`certificates/kafka-${id}.pem`, "a key");
  const outside = { HOST_IP: "10.0.0.5", OUTSIDE_FIRST_PORT: "31000", OUTSIDE_TLS_FIRST_PORT: "31100" };
  const listen = (properties: string): string[] => /\nlisteners=(.*)\n/.exec(properties)![1]!.split(",");

  test.each(encryptions.slice(1))("listens as planned if the stack is %s", (encryption) => {
    const { status, properties } = encrypted(encryption).launch(outside);
    const planned = [
      ...listenersOf({ role: "broker" }, encryption),
      ...outsideListeners(encryption === "closed" ? undefined : 31000, 31100),
    ].map(({ name, port }) => `${name}://:${port}`);
    expect(status).toBe(0);
    const own = encryption === "closed" ? ["CLUSTER://127.0.0.1:9092"] : [];
    expect(listen(properties).sort()).toEqual([...planned, ...own].sort());
  });

  test("has names for pods, the Service's address for hosts and the host's for clients outside", () => {
    const { properties } = encrypted("closed").launch(outside);
    const name = "kafka-2.kafka.svc.cluster.local";
    expect(properties).toContain(
      `\nadvertised.listeners=PEERS://${name}:9191,LOGINS://${name}:9192,NODELOGINS://10.96.0.2:9194,CERTIFICATES://${name}:9196,` +
        `OUTSIDELOGINS://10.0.0.5:31102,CLUSTER://${name}:9092,QUORUM://kafka-2-quorum.kafka.svc.cluster.local:9193\n`,
    );
    expect(properties).toMatch(/\nssl\.keystore\.location=.*\/certificates\/kafka-2\.pem\n/);
  });

  test("that is a controller has the quorum's listener alone", () => {
    const { properties } = encrypted("closed", 1000, 3).write("certificates/kafka-controller-0.pem", "a key").launch();
    expect(listen(properties)).toEqual(["QUORUM://:9193"]);
  });

  test("doesn't start without its certificate, and nothing is formatted", () => {
    const pod = new Pod(2, 3, 0, ["data"], "moved").withClock();
    const { status, stdout, reason } = pod.launch({ ADDRESS_WAIT_SECONDS: "1" });
    expect([status, stdout]).toEqual([1, ""]);
    expect(reason).toMatch(
      /^Kafka did not start: the certificate of kafka-2 has not come within 1 seconds: .*\[KK572\]\n$/,
    );
  });

  test("starts as soon as its certificate arrives", () => {
    const late = '((SECONDS < 2)) || { mkdir "$CERTIFICATES_DIR"; echo key >"$CERTIFICATES_DIR/kafka-2.pem"; }';
    expect(new Pod(2, 3, 0, ["data"], "moved").withClock(late).launch().status).toBe(0);
  });
});

test("a node that doesn't vote has no controller listener", () => {
  const { properties } = new Pod(3, 4).launch();
  expect(properties).toContain("\nlisteners=CLUSTER://:9092,NODES://:9094\nnode.id=3\nprocess.roles=broker\n");
});

test("no node makes itself a voter, since one whose vote was removed would be back at once", () => {
  for (const id of [0, 2, 3]) expect(new Pod(id, 4).launch().properties).not.toContain("auto.join");
});

test("the cluster's id is the namespace's, in Kafka's notation", () =>
  expect(toKafkaId("fb1a2b3c-4d5e-4f60-8172-93a4b5c6d7e8")).toBe("-xorPE1eT2CBcpOktcbX6A"));

describe("controllers of their own", () => {
  test("the first of a new cluster starts the quorum, the others wait to be added", () => {
    expect(formatted(new Pod(1000, 3, 3).launch().stdout)).toContain("--standalone");
    expect(formatted(new Pod(1001, 3, 3).launch().stdout)).toMatch(/--no-initial-controllers$/);
    expect(formatted(new Pod(0, 3, 3).launch().stdout)).toMatch(/--ignore-formatted$/);
  });

  test("have no listener for clients, which Kafka would refuse", () =>
    expect(new Pod(1002, 3, 3).launch().properties).toContain(
      "\nadvertised.listeners=CONTROLLER://kafka-controller-2-quorum.kafka.svc.cluster.local:9093" +
        "\nlisteners=CONTROLLER://:9093\nnode.id=1002\nprocess.roles=controller\n",
    ));

  test("a single one that lost its volume is refused", () =>
    expect(new Pod(1000, 3, 1).wasFormed().launch().reason).toContain("a volume of kafka-controller-0 is empty"));
});

describe("clients outside the cluster", () => {
  const outside = { HOST_IP: "192.168.56.11", OUTSIDE_FIRST_PORT: "32090" };

  test("get the address of the pod's host and the broker's own port there", () => {
    const { properties } = new Pod(3, 4).launch(outside);
    expect(properties).toContain(",NODES://10.96.0.3:9094,OUTSIDE://192.168.56.11:32093\n");
    expect(properties).toContain("\nlisteners=CLUSTER://:9092,NODES://:9094,OUTSIDE://:9095\n");
  });

  test("have no listener by default, nor at controllers", () => {
    expect(new Pod(3, 4).launch().properties).not.toContain("OUTSIDE:/");
    expect(new Pod(1000, 3, 3).launch(outside).properties).not.toContain("OUTSIDE:/");
  });
});

describe("racks", () => {
  const onWorker = { NODE_NAME: "worker-1" };

  test("a broker is in the rack of the node that it runs on", () =>
    expect(new Pod(1, 3).write("racks/worker-1", "zone-a").launch(onWorker).properties).toContain(
      "\nbroker.rack=zone-a\n",
    ));

  test("a broker on a node without a rack is refused, since the others have one, and its volume isn't touched", () => {
    const { status, stdout, reason } = new Pod(1, 3).write("racks/master", "zone-a").launch(onWorker);
    expect([status, stdout]).toEqual([1, ""]);
    expect(reason).toContain("kafka-1 runs on worker-1, which has no rack, while other hosts have");
  });

  test("without racks the property is absent", () =>
    expect(new Pod(1, 3).launch().properties).not.toContain("broker.rack"));
});

describe("several volumes", () => {
  const pod = (id: number, brokers: number) => new Pod(id, brokers, 0, ["data", "data-1", "data-2"]);

  test("are one log directory each", () => {
    const kafka = pod(1, 3);
    expect(kafka.launch().properties).toContain(
      `\nlog.dirs=${["data", "data-1", "data-2"].map((volume) => path.join(kafka.dir, volume)).join()}\n`,
    );
  });

  test("a lost one is formatted beside those that hold something, since other brokers have replicas", () => {
    const kafka = pod(0, 3).wasFormed().withVolumeOf("-ours", 0).withVolumeOf("-ours", 0, "data-2");
    expect(formatted(kafka.launch().stdout)).toMatch(/--no-initial-controllers$/);
  });

  test.each([
    ["data", "data-1"],
    ["data-1", "data"],
  ])("without %s, an only voter is refused: nobody else has what was on it", (_, left) => {
    const { status, stdout, reason } = pod(0, 1).wasFormed().withVolumeOf("-ours", 0, left).launch();
    expect([status, stdout]).toEqual([1, ""]);
    expect(reason).toContain("a volume of kafka-0 is empty");
  });

  test("all formatted, they are served as they are", () => {
    const kafka = pod(0, 1).wasFormed();
    for (const volume of ["data", "data-1", "data-2"]) kafka.withVolumeOf("-ours", 0, volume);
    expect(kafka.launch().stdout).toMatch(/^kafka-server-start\.sh .*server\.properties\n$/);
  });

  test("another cluster's among them is refused", () =>
    expect(pod(0, 1).withVolumeOf("-ours", 0).withVolumeOf("theirs", 0, "data-2").launch().reason).toContain(
      "belongs to the Kafka cluster theirs, not to -ours",
    ));
});

describe("the server's end is the pod's", () => {
  const server = (script: string) =>
    new Pod(0, 1)
      .withClock('echo "slept $SECONDS"')
      .write("bin/kafka-server-start.sh", `#!/bin/bash\n${script}\n`, 0o755);
  const untilStopped = "trap 'echo stopping; exit 143' TERM; echo serving; while true; do command sleep 0.1; done";

  test("a server that crashes ends the pod at once, with its status", () => {
    const { status, stdout } = server("exit 3").launch({ OUTLIVE_SECONDS: "60" });
    expect(status).toBe(3);
    expect(stdout).not.toContain("slept");
  });

  test("a pod that is stopped waits for its server to stop, and then outlives it", async () => {
    expect(await server(untilStopped).stop({ OUTLIVE_SECONDS: "60" })).toEqual({
      status: 143,
      printed: expect.stringMatching(/serving\nstopping\nslept 60\n$/) as string,
    });
  });
});
