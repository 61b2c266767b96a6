import { type Encryption, encryptions, tlsListeners, whyNotFrom } from "../../../../components/kafka/plan/encryption";
import {
  brokerListeners,
  clientListeners,
  listeners,
  listenersOf,
  planKafka,
  quorumListeners,
} from "../../../../components/kafka/plan/kafkaPlan";
import { plannedMistake, serverProperties } from "../../../../components/kafka/plan/properties";

const planOf = (encryption: Encryption) => planKafka("kafka", "kafka", 3, 0, {}, encryption);
const settingsOf = (encryption: Encryption): Record<string, string> =>
  Object.fromEntries(
    serverProperties(planOf(encryption))
      .split("\n")
      .filter((line) => line.includes("=") && !line.startsWith("#"))
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
const neighbours = encryptions.slice(1).map((to, at) => [encryptions[at]!, to] as const);
const bothWays = [...neighbours, ...neighbours.map(([a, b]) => [b, a] as const)];

test.each(bothWays)(
  "in a roll from %s to %s, each node reaches the others at the listeners that it uses",
  (from, to) => {
    for (const [user, server] of [
      [from, to],
      [to, from],
    ] as const) {
      const isReached = (name: string) => {
        const there = [...brokerListeners(server), ...quorumListeners(server)];
        return there.some((each) => each.name === name);
      };
      const settings = settingsOf(user);
      expect(isReached(settings["inter.broker.listener.name"]!)).toBe(true);
      expect(isReached(settings["controller.listener.names"]!.split(",")[0]!)).toBe(true);
      const ports = settings["controller.quorum.bootstrap.servers"]!.split(",").map((each) =>
        Number(each.split(":")[1]),
      );
      expect(quorumListeners(server).map(({ port }) => port)).toEqual(expect.arrayContaining(ports));
    }
  },
);

test.each(bothWays)("Jobs of a stack that goes from %s to %s reach brokers of both", (from, to) => {
  const port = Number(planOf(to).bootstrapServersOfJobs.split(":")[1]);
  for (const step of [from, to]) expect(brokerListeners(step).map((each) => each.port)).toContain(port);
});

test("the steps go one at a time, in both directions", () => {
  const allowed = encryptions.map((from) => encryptions.filter((to) => whyNotFrom(from, to) === undefined));
  expect(allowed).toEqual([
    ["open", "prepared"],
    ["open", "prepared", "moved"],
    ["prepared", "moved", "closed"],
    ["moved", "closed"],
  ]);
  expect(whyNotFrom("open", "closed")).toContain("Set prepared first");
  expect(whyNotFrom("closed", "prepared")).toContain("Set moved first");
});

test("no other pod reaches a listener of a closed node without TLS", () => {
  const pools = [{ role: "broker" as const }, { role: "controller" as const }];
  const reached = [...pools.flatMap((pool) => listenersOf(pool, "closed")), ...clientListeners("closed")];
  expect(reached.filter(({ protocol }) => protocol === "PLAINTEXT")).toEqual([]);
});

test("an open stack has the listeners and settings that it had before there was TLS", () => {
  expect(listenersOf({ role: "broker" }, "open")).toEqual(Object.values(listeners));
  expect(serverProperties(planOf("open"))).not.toMatch(/ssl|sasl|authorizer|super/i);
});

test("each listener has a protocol, and names that Kubernetes accepts for a port", () => {
  const map = settingsOf("prepared")["listener.security.protocol.map"]!.split(",");
  for (const { name, protocol } of Object.values(tlsListeners)) {
    expect(map).toContain(`${name}:${protocol}`);
    expect(name.toLowerCase()).toMatch(/^[a-z]{1,15}$/);
  }
  expect(new Set(Object.values(tlsListeners).map(({ port }) => port)).size).toBe(6);
});

test("who uses PLAINTEXT may do everything until the cluster is closed, and the authorizer is there before", () => {
  expect(settingsOf("prepared")["authorizer.class.name"]).toBeUndefined();
  expect(settingsOf("moved")["super.users"]).toBe("User:CN=kafka-node;User:CN=kafka-roll;User:ANONYMOUS");
  expect(settingsOf("closed")["super.users"]).toBe("User:CN=kafka-node;User:CN=kafka-roll");
  expect(settingsOf("closed")["authorizer.class.name"]).toBe(settingsOf("moved")["authorizer.class.name"]);
});

test("every listener with TLS asks for a certificate or a login", () => {
  const settings = settingsOf("closed");
  for (const { name, protocol } of Object.values(tlsListeners)) {
    const prefix = `listener.name.${name.toLowerCase()}`;
    if (protocol === "SSL") expect(settings[`${prefix}.ssl.client.auth`]).toBe("required");
    else expect(settings[`${prefix}.scram-sha-512.sasl.jaas.config`]).toContain("ScramLoginModule required;");
  }
});

test.each([
  "ssl.keystore.location",
  "listener.name.peers.ssl.client.auth",
  "listener.name.logins.scram-sha-512.sasl.jaas.config",
  "sasl.enabled.mechanisms",
  "super.users",
  "allow.everyone.if.no.acl.found",
  "authorizer.class.name",
])("%s is the user's in an open stack alone", (name) => {
  expect(plannedMistake(name, "x", "open")).toEqual([]);
  expect(plannedMistake(name, "x", "prepared")).toEqual([expect.objectContaining({ kind: "planned" })]);
});

test.each(["listener.name.peers.max.connections", "num.io.threads", "log.retention.ms"])(
  "%s stays the user's in a closed stack",
  (name) => expect(plannedMistake(name, 1, "closed")).toEqual([]),
);
