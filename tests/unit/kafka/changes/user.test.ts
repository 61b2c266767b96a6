import { pbkdf2Sync } from "node:crypto";
import {
  authoritiesIn,
  endRuns,
  userNamesIn,
  userSecretIn,
} from "../../../../components/kafka/changes/kubernetesObjects";
import type { UserSpec, UserTask } from "../../../../components/kafka/changes/task";
import { applyUser, removeUsers, type UserNames } from "../../../../components/kafka/changes/user";
import {
  iterationsFor,
  newPassword,
  passwordIn,
  type UserSecret,
} from "../../../../components/kafka/changes/userSecret";
import { type AclArgs, bindingsOf } from "../../../../components/kafka/plan/acls";
import type { PodApiClient } from "../../../../components/programs/inPod/podApiClient";
import { UsersKafka } from "../usersKafka";

const aclsFor = (...acls: AclArgs[]) => acls.flatMap(bindingsOf);
const orders: UserSpec = {
  name: "orders",
  acls: aclsFor({ resource: "Topic", name: "orders", operations: ["Read", "Describe"] }),
  quotas: { producer_byte_rate: 7 },
};
const taskFor = (user: UserSpec): UserTask => ({
  task: "user",
  user,
  secret: "kafka-user-orders",
  users: "kafka-users",
  authorities: "kafka-authorities",
  bootstrapServers: "",
  loginServers: "kafka:9192",
});

/** A Secret and the names of users, as they stay from run to run. */
class Memory {
  files: Record<string, string> = {};
  list: string[] = [];
  secret: UserSecret = {
    read: async () => ({ ...this.files }),
    write: async (files) => void Object.assign(this.files, files),
  };
  names: UserNames = {
    read: async () => [...this.list],
    add: async (name) => void (this.list = [...new Set([...this.list, name])]),
    remove: async (names) => void (this.list = this.list.filter((each) => !names.includes(each))),
  };
}

function stack() {
  const kafka = new UsersKafka();
  const memory = new Memory();
  const apply = (changes: Partial<UserSpec> = {}) =>
    applyUser(kafka, taskFor({ ...orders, ...changes }), memory.secret, memory.names, "PEM\n");
  const ended: string[] = [];
  const endJobs = async (users: readonly string[]) => {
    expect(kafka.changes).toEqual([]);
    ended.push(...users);
  };
  const remove = (...configured: string[]) => {
    const task = { task: "users", cluster: "kafka", configured, users: "kafka-users", bootstrapServers: "" } as const;
    kafka.changes.length = 0;
    return removeUsers(kafka, task, memory.names, endJobs, () => undefined);
  };
  return { kafka, memory, apply, remove, ended };
}
const onTopic = (name: string, operation: number, changes = {}) => ({
  resourceType: 2,
  name,
  patternType: 3,
  principal: "User:orders",
  host: "*",
  operation,
  permission: 3,
  ...changes,
});
const [SHA_256, SHA_512] = [1, 2];
const asConfigured = [onTopic("orders", 3), onTopic("orders", 8)];

test("a missing user is created with login, ACLs and quotas, and then left as it is but for its login", async () => {
  const { kafka, memory, apply } = stack();
  expect((await apply()).changed).toEqual([
    "it has no login",
    "Allow Read on Topic orders is missing",
    "Allow Describe on Topic orders is missing",
    "producer_byte_rate is not set, not 7",
  ]);
  expect(kafka.state.acls).toEqual(asConfigured);
  expect(kafka.state.quotas).toEqual([
    { entity: [{ type: "user", name: "orders" }], values: { producer_byte_rate: 7 } },
  ]);
  expect(memory.list).toEqual(["orders"]);
  kafka.changes.length = 0;
  expect((await apply()).changed).toEqual([]);
  expect(kafka.changes).toEqual(["AlterUserScramCredentials"]);
});

test("the password is made once, Kafka gets it salted, and the Secret has it in the form of each client", async () => {
  const { kafka, memory, apply } = stack();
  await apply();
  const { password } = memory.files;
  await apply();
  expect(memory.files["password"]).toBe(password);
  expect(passwordIn(memory.files)).toBe(password);
  expect(kafka.state.logins).toEqual({ orders: { [SHA_512]: iterationsFor(password!) } });
  for (const { salt, iterations, saltedPassword } of kafka.made) {
    expect(saltedPassword).toEqual(pbkdf2Sync(password!, salt, iterations, 64, "sha512"));
  }
  expect(JSON.parse(memory.files["kafkajs.json"]!)).toEqual({
    brokers: ["kafka:9192"],
    ssl: { ca: ["PEM\n"] },
    sasl: { mechanism: "scram-sha-512", username: "orders", password },
  });
});

test("the Secret has the password before Kafka does, so that an interrupted run loses none", async () => {
  const { kafka, memory, apply } = stack();
  kafka.kills = true;
  await expect(apply()).rejects.toThrow("killed");
  const password = passwordIn(memory.files);
  expect(password).toBeDefined();
  kafka.kills = false;
  await apply();
  expect(memory.files["password"]).toBe(password);
  expect(kafka.state.logins["orders"]![SHA_512]).toBe(iterationsFor(memory.files["password"]!));
});

test("a Secret without a password of the program's gets a new one", async () => {
  const { memory, apply } = stack();
  await apply();
  const first = memory.files["password"];
  delete memory.files["password"];
  expect((await apply()).changed).toEqual(["its Secret has no password"]);
  expect(passwordIn(memory.files)).not.toBe(first);
  memory.files["password"] = 'hunter2"';
  await apply();
  expect(passwordIn(memory.files)).toBeDefined();
});

test("a login by another password, or by another mechanism, is taken back", async () => {
  const { kafka, memory, apply } = stack();
  await apply();
  kafka.state.logins["orders"] = { [SHA_256]: 4096, [SHA_512]: 4096 };
  expect((await apply()).changed).toEqual([
    "its login has another password than its Secret",
    "it has a login by SCRAM-SHA-256",
  ]);
  expect(kafka.state.logins).toEqual({ orders: { [SHA_512]: iterationsFor(memory.files["password"]!) } });
});

test("files that clients read follow the authorities and the listeners", async () => {
  const { memory, apply } = stack();
  await apply();
  memory.files["ca.crt"] = "an earlier authority";
  expect((await apply()).changed).toEqual(["its Secret's ca.crt is out of date"]);
  expect(memory.files["ca.crt"]).toBe("PEM\n");
});

test("ACLs and quotas of the user that aren't in the config go, whoever has made them; others' stay", async () => {
  const { kafka, apply } = stack();
  await apply();
  const others = onTopic("orders", 3, { principal: "User:others" });
  const later = onTopic("x", 16, { resourceType: 8 });
  kafka.state.acls.push(onTopic("all", 2, { patternType: 4, permission: 2, host: "10.0.0.4" }), later, others);
  kafka.state.quotas = [
    { entity: [{ type: "user", name: "orders" }], values: { producer_byte_rate: 5, consumer_byte_rate: 9 } },
    {
      entity: [
        { type: "user", name: "orders" },
        { type: "client-id", name: "loader" },
      ],
      values: { request_percentage: 1 },
    },
    {
      entity: [
        { type: "user", name: "orders" },
        { type: "client-id", name: null },
      ],
      values: { request_percentage: 2 },
    },
    { entity: [{ type: "user", name: "others" }], values: { producer_byte_rate: 5 } },
  ];
  expect((await apply()).changed).toEqual([
    "Deny All on Topic prefixed all from 10.0.0.4 is not in the config",
    "Allow 16 on 8 x is not in the config",
    "producer_byte_rate is 5, not 7",
    "consumer_byte_rate is 9, not without limit",
    "request_percentage of its clients loader is 1, not without limit",
    "request_percentage of its other clients is 2, not without limit",
  ]);
  expect(kafka.state.acls).toEqual([...asConfigured, others]);
  expect(kafka.state.quotas.map(({ values }) => values)).toEqual([
    { producer_byte_rate: 7 },
    { producer_byte_rate: 5 },
  ]);
});

test("new ACLs come before old ones go, so that what both allow is refused at no time", async () => {
  const { kafka, apply } = stack();
  await apply();
  kafka.changes.length = 0;
  await apply({ acls: aclsFor({ resource: "Topic", name: "ord", pattern: "prefixed", operations: ["Read"] }) });
  expect(kafka.changes).toEqual(["AlterUserScramCredentials", "CreateAcls", "DeleteAcls"]);
  expect(kafka.state.acls).toEqual([onTopic("ord", 3, { patternType: 4 })]);
});

test("a user is done once each broker knows it", async () => {
  const { kafka, apply } = stack();
  kafka.lag(2, 2);
  await apply();
  expect(kafka.lagging.size).toBe(0);
});

test("without an authorizer nothing of a user is made, since it could do all", async () => {
  const { kafka, memory, apply } = stack();
  kafka.hasAuthorizer = false;
  await expect(apply()).rejects.toThrow(/^Kafka has no authorizer, so that orders could .* \[KK821\]$/);
  expect(kafka.changes).toEqual([]);
  expect(memory.files).toEqual({});
});

describe("a user that is taken out of the config", () => {
  const both = async () => {
    const all = stack();
    await all.apply();
    const other = { ...orders, name: "billing", acls: aclsFor({ resource: "Cluster", operations: ["All"] }) };
    await applyUser(all.kafka, taskFor(other), new Memory().secret, all.memory.names, "PEM\n");
    all.kafka.state.logins["orders"]![SHA_256] = 4096;
    all.kafka.state.quotas.push({
      entity: [
        { type: "user", name: "orders" },
        { type: "client-id", name: "loader" },
      ],
      values: { request_percentage: 1 },
    });
    all.kafka.changes.length = 0;
    return all;
  };

  test("loses each login, all ACLs and all quotas, and the others lose nothing", async () => {
    const { kafka, memory, remove } = await both();
    expect(await remove("billing")).toEqual({ removed: ["orders"] });
    expect(Object.keys(kafka.state.logins["orders"]!)).toEqual([]);
    expect(kafka.state.acls.map(({ principal }) => principal)).toEqual(["User:billing"]);
    expect(kafka.state.quotas.map(({ entity }) => entity)).toEqual([[{ type: "user", name: "billing" }]]);
    expect(kafka.state.logins["billing"]).toBeDefined();
    expect(memory.list).toEqual(["billing"]);
    kafka.changes.length = 0;
    expect(await remove("billing")).toEqual({ removed: [] });
    expect(kafka.changes).toEqual([]);
  });

  test("has no Job any more that could give back what is taken, before anything is taken", async () => {
    const { remove, ended } = await both();
    await remove("billing");
    expect(ended).toEqual(["orders"]);
  });

  test("is gone once no broker knows of it", async () => {
    const { kafka, remove } = await both();
    kafka.lag(1, 3);
    await remove("billing");
    expect(kafka.lagging.size).toBe(0);
  });

  test("keeps its place in the list if a run is interrupted, and the next one takes the rest", async () => {
    const { kafka, memory, remove } = await both();
    kafka.kills = true;
    await expect(remove("billing")).rejects.toThrow("killed");
    expect(memory.list).toContain("orders");
    kafka.kills = false;
    await remove("billing");
    expect(kafka.state.acls.map(({ principal }) => principal)).toEqual(["User:billing"]);
  });

  test("loses its login without an authorizer as well, and its ACLs once there is one", async () => {
    const { kafka, memory, remove } = await both();
    kafka.hasAuthorizer = false;
    expect(await remove("billing")).toEqual({ removed: [] });
    expect(kafka.state.logins["orders"]).toEqual({});
    expect(kafka.state.acls.map(({ principal }) => principal)).toContain("User:orders");
    expect(memory.list).toContain("orders");
    kafka.hasAuthorizer = true;
    expect(await remove("billing")).toEqual({ removed: ["orders"] });
    expect(kafka.state.acls.map(({ principal }) => principal)).not.toContain("User:orders");
  });

  test("was somebody else's if no run has stored its name, and stays", async () => {
    const { kafka, remove } = stack();
    kafka.state.logins["somebody"] = { [SHA_512]: 4096 };
    expect(await remove()).toEqual({ removed: [] });
    expect(kafka.state.logins["somebody"]).toBeDefined();
  });
});

test("a login's iterations are within Kafka's limits, and differ with the password", () => {
  const iterations = Array.from({ length: 500 }, () => iterationsFor(newPassword()));
  expect(Math.min(...iterations)).toBeGreaterThanOrEqual(4096);
  expect(Math.max(...iterations)).toBeLessThanOrEqual(16384);
  expect(new Set(iterations).size).toBeGreaterThan(400);
});

describe("in Kubernetes", () => {
  const objects: Record<string, { data?: Record<string, string | null> } | undefined> = {};
  const kubernetes = {
    get: async (path: string) => objects[path],
    find: async (path: string) => objects[path],
    patch: async (path: string, { data }: { data: Record<string, string | null> }) => {
      const merged = { ...objects[path]?.data, ...data };
      objects[path] = { data: Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null)) };
    },
  } as unknown as PodApiClient;

  test("the Secret's files are as they were written, and a Secret that is gone ends the run with the remedy", async () => {
    const path = "/api/v1/namespaces/kafka/secrets/kafka-user-orders";
    objects[path] = {};
    const secret = userSecretIn(kubernetes, "kafka", "kafka-user-orders");
    expect(await secret.read()).toEqual({});
    await secret.write({ password: "ä\n" });
    expect(objects[path].data).toEqual({ password: Buffer.from("ä\n").toString("base64") });
    expect(await secret.read()).toEqual({ password: "ä\n" });
    objects[path] = undefined;
    await expect(secret.read()).rejects.toThrow(/^the Secret kafka-user-orders .* bin\/pulumi refresh .* \[KK820\]$/);
  });

  test("each user's name is a key of its own", async () => {
    objects["/api/v1/namespaces/kafka/configmaps/kafka-users"] = {};
    const names = userNamesIn(kubernetes, "kafka", "kafka-users");
    expect(await names.read()).toEqual([]);
    await names.add("orders");
    await names.add("billing");
    await names.remove(["orders"]);
    expect(await names.read()).toEqual(["billing"]);
  });

  test("Jobs of the named programs are ended, and no others", async () => {
    let running = ["kafka-user-orders-1a2b", "kafka-user-orders-3c4d"];
    const asked = new Set<string>();
    const jobs = "/apis/batch/v1/namespaces/kafka/jobs";
    const api = {
      list: async (path: string) => {
        asked.add(decodeURIComponent(path));
        return running.map((name) => ({ metadata: { name } }));
      },
      remove: async (path: string) => void (running = running.filter((name) => path !== `${jobs}/${name}`)),
    } as unknown as PodApiClient;
    await endRuns(api, "kafka", ["kafka-user-orders", "kafka-user-billing"]);
    expect(running).toEqual([]);
    expect([...asked]).toEqual([
      `${jobs}?labelSelector=kubeadm-kafka/program in (kafka-user-orders,kafka-user-billing)`,
    ]);
  });

  test("the authorities are read from their ConfigMap", async () => {
    objects["/api/v1/namespaces/kafka/configmaps/kafka-authorities"] = { data: { "authorities.pem": "PEM\n" } };
    expect(await authoritiesIn(kubernetes, "kafka", "kafka-authorities")).toBe("PEM\n");
  });
});
