import { Duplex } from "node:stream";
import * as pulumi from "@pulumi/pulumi";
import type { AdminApiClient } from "../../../../components/cluster/adminApiClient";
import type { UserTask } from "../../../../components/kafka/changes/task";
import type { User } from "../../../../components/kafka/changes/userDifference";
import { type LoginState, iterationsFor, newPassword } from "../../../../components/kafka/changes/userSecret";
import { type RunningUsers, runningUsers, userDrift } from "../../../../components/kafka/observed/runningUsers";
import { clientFiles } from "../../../../components/kafka/plan/clientFiles";
import { planKafka } from "../../../../components/kafka/plan/kafkaPlan";
import * as requests from "../../../../components/kafka/protocol/requests";
import type { Request } from "../../../../components/kafka/protocol/requests";
import { Reader, Writer } from "../../../../components/kafka/protocol/wire";
import { UsersKafka } from "../usersKafka";

const plan = planKafka("kafka", "kafka", 1);
const acl = {
  resource: "Topic",
  name: "orders",
  pattern: "literal",
  operation: "Read",
  permission: "Allow",
  host: "*",
} as const;
const task: UserTask = {
  task: "user",
  user: { name: "orders", acls: [acl], quotas: { producer_byte_rate: 7 } },
  secret: "kafka-user-orders",
  users: "kafka-users",
  authorities: "kafka-authorities",
  bootstrapServers: "",
  loginServers: "",
};
const asConfigured: User = {
  name: "orders",
  logins: [{ mechanism: "SCRAM-SHA-512", iterations: 9000 }],
  acls: [{ ...acl, principal: "User:orders" }],
  quotas: [{ user: "orders", values: { producer_byte_rate: 7 } }],
};
const changed: User = { ...asConfigured, quotas: [{ user: "orders", values: { producer_byte_rate: 5 } }] };
const nobody: User = { name: "orders", logins: [], acls: [], quotas: [] };
const good: LoginState = { iterations: 9000, outdated: [] };
const line = "after orders-1a2b: orders: producer_byte_rate is 5, not 7";
const run = { name: "orders-1a2b", program: "orders", task: JSON.stringify(task), succeeded: true, drift: "" };

const drift = (inKafka: User | undefined, runs: RunningUsers["runs"], login = good) =>
  userDrift(task, "orders", { runs, ...(inKafka && { users: new Map([["orders", { inKafka, login }]]) }) });

test("drift is reported with the user's name and both values", () => expect(drift(changed, [run])).toBe(line));

test("a user that somebody has deleted is reported, too", () =>
  expect(drift(nobody, [run])).toBe(
    "after orders-1a2b: orders: it has no login; Allow Read on Topic orders is missing; producer_byte_rate is not set, not 7",
  ));

test.each([
  [{ lacking: "its Secret is gone" }, "its Secret is gone"],
  [{ iterations: 8192, outdated: [] }, "its login has another password than its Secret"],
  [{ iterations: 9000, outdated: ["ca.crt"] }, "its Secret's ca.crt is out of date"],
])("so is a Secret that isn't the user's any more: %j", (login, said) =>
  expect(drift(asConfigured, [run], login as typeof good)).toBe(`after orders-1a2b: orders: ${said}`),
);

test("the same drift after another run has another text, since its Job has to run again", () =>
  expect(drift(changed, [{ ...run, name: "orders-3c4d", drift: line }])).toBe(line.replace("1a2b", "3c4d")));

test("if the user is as configured, the text stays, so no Job runs", () => {
  expect(drift(asConfigured, [run])).toBe("");
  expect(drift(asConfigured, [{ ...run, drift: line }])).toBe(line);
});

test("the text stays if the user can't be read", () => expect(drift(undefined, [{ ...run, drift: line }])).toBe(line));

test("a Job that runs anyway needs no text about drift", () => {
  expect(drift(changed, [{ ...run, task: "another one", drift: line }])).toBe("");
  expect(drift(changed, [{ ...run, succeeded: false }])).toBe("");
  expect(drift(nobody, [])).toBe("");
});

test("an existing user that comes into the config is shown with what the Job will change", () => {
  expect(drift(changed, [], { lacking: "its Secret is gone" } as never)).toBe(
    "orders: its Secret is gone; producer_byte_rate is 5, not 7",
  );
});

/** A port-forward to a broker, for one request. */
function tunnelTo(kafka: UsersKafka): Duplex {
  const header = "....".length + "kkvvcccc".length + "llkubeadm-kafkat".length;
  const answered = async (sent: Buffer): Promise<Buffer> => {
    const all = Object.values(requests) as Request<unknown, unknown>[];
    const request = all.find(({ key }) => key === sent.readInt16BE(4))!;
    const question = request.question.read(new Reader(sent.subarray(header)));
    const writer = new Writer().int32(1).noTags();
    request.answer.write(writer, await kafka.ask(request, question));
    const size = Buffer.alloc(4);
    size.writeInt32BE(writer.toBuffer().length);
    return Buffer.concat([size, writer.toBuffer()]);
  };
  return new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _encoding, done) {
      void answered(chunk).then((answer) => this.push(answer));
      done();
    },
  });
}

describe("users that a preview checks", () => {
  const password = newPassword();
  const authorities = "PEM\n";
  const bootstrapServers = "kafka-bootstrap.kafka.svc.cluster.local:9192";
  const files = clientFiles({ username: "orders", password, bootstrapServers, authorities });
  const base64 = (each: Record<string, string>) =>
    Object.fromEntries(Object.entries(each).map(([name, text]) => [name, Buffer.from(text).toString("base64")]));
  const lists: Record<string, unknown[]> = {
    secrets: [{ metadata: { labels: { "kubeadm-kafka/user": "orders" } }, data: base64(files) }],
    configmaps: [{ data: { "authorities.pem": authorities } }],
    jobs: [],
  };
  const apiServer = (connect: () => Promise<Duplex>) =>
    ({
      list: async (path: string) => lists[/(\w+)\?/.exec(path)![1]!],
      connect,
    }) as unknown as AdminApiClient;
  let warned: jest.SpyInstance;
  beforeEach(() => (warned = jest.spyOn(pulumi.log, "warn").mockResolvedValue()));
  afterEach(() => jest.restoreAllMocks());

  test("are unknown if Kafka doesn't answer, which causes a warning", async () => {
    const refusing = apiServer(() => Promise.reject(new Error("connect ECONNREFUSED")));
    expect(await runningUsers(refusing, plan, ["orders"])).toEqual({ runs: [] });
    expect(warned).toHaveBeenCalledWith(expect.stringContaining("It is unknown how Kafka's users are: connect ECONN"));
  });

  test("fail on a mistake in the program instead of causing a warning", async () => {
    const broken = apiServer(() => Promise.reject(new TypeError("not a function")));
    await expect(runningUsers(broken, plan, ["orders"])).rejects.toThrow(TypeError);
    expect(warned).not.toHaveBeenCalled();
  });

  test("are seen with their Secrets, of which no password is kept", async () => {
    const kafka = new UsersKafka([0]);
    kafka.state.logins["orders"] = { 2: iterationsFor(password) };
    const seen = await runningUsers(
      apiServer(async () => tunnelTo(kafka)),
      plan,
      ["orders", "new"],
    );
    expect(seen.users!.get("orders")!.login).toEqual({ iterations: iterationsFor(password), outdated: [] });
    expect(seen.users!.get("new")).toEqual({
      inKafka: { name: "new", logins: [], acls: [], quotas: [] },
      login: { lacking: "its Secret is gone" },
    });
    expect(JSON.stringify([...seen.users!])).not.toContain(password);
  });
});
