import * as fc from "fast-check";
import { loadAll } from "js-yaml";

import { fixedSettings, initConfig, joinConfig } from "../../../components/cluster/kubeadmConfig";
import { byRole } from "../../../components/cluster/hostsPlan";
import { planContainer } from "../../../components/hosts/containerPlan";
import { memoryFor } from "../../../components/kafka/plan/memory";
import { planKafka, planVoters } from "../../../components/kafka/plan/kafkaPlan";
import { serverProperties } from "../../../components/kafka/plan/properties";
import { parseConfig } from "../../../config/parseConfig";
import type { StackConfig } from "../../../config/schema/schema";
import { validConfig } from "../../support/validConfig";

/** Tests a claim about the plans of all valid configs. */
const always = (claim: string, holds: (config: StackConfig) => void) =>
  test(claim, () => fc.assert(fc.property(validConfig, (values) => holds(parseConfig("dev", values)))));

const kafkaOf = ({ kafka }: StackConfig) => planKafka("kafka", "kafka", kafka.brokers);
const containersOf = ({ hosts }: StackConfig) =>
  (hosts.containers ?? []).map((host, index) => planContainer("dev", host, index));
const allDiffer = (values: readonly unknown[]) => expect(new Set(values).size).toBe(values.length);

describe("Kafka", () => {
  always("the number of voters is odd, and all of them are nodes", (config) => {
    const { nodes, voters, quorumServers } = kafkaOf(config);
    const controllers = nodes.filter(({ roles }) => roles.includes("controller"));
    expect(controllers.length % 2).toBe(1);
    expect([voters.length, quorumServers.length]).toEqual([controllers.length, controllers.length]);
    controllers.forEach(({ quorumHost }, at) => expect(quorumServers[at]).toMatch(new RegExp(`^${quorumHost}:`)));
  });

  always("no topic needs more replicas than there are brokers, nor more in sync than there are replicas", (config) => {
    const { replicationFactor, minInsyncReplicas, brokers } = kafkaOf(config);
    expect(replicationFactor).toBeLessThanOrEqual(brokers.length);
    expect(minInsyncReplicas).toBeLessThanOrEqual(replicationFactor);
    expect(minInsyncReplicas).toBeGreaterThanOrEqual(1);
  });

  always("with three brokers and more, one may be away: topics stay writable, voters a majority", (config) => {
    const { replicationFactor, minInsyncReplicas, voters, brokers } = kafkaOf(config);
    if (brokers.length < 3) return;
    expect(minInsyncReplicas).toBeLessThan(replicationFactor);
    expect(voters.length - 1).toBeGreaterThan(voters.length / 2);
  });

  always("nodes differ in id and address", (config) => {
    const { nodes, quorumServers } = kafkaOf(config);
    allDiffer(nodes.map(({ id }) => id));
    allDiffer(nodes.map(({ host }) => host));
    allDiffer(quorumServers);
  });

  always("a broker more changes no node that stays", ({ kafka }) => {
    const hosts = (brokers: number) => planKafka("kafka", "kafka", brokers).nodes.map(({ host }) => host);
    expect(hosts(kafka.brokers + 1).slice(0, kafka.brokers)).toEqual(hosts(kafka.brokers));
    expect(planVoters(kafka.brokers + 1)).toEqual(expect.arrayContaining(planVoters(kafka.brokers)));
  });

  always("server.properties names each setting once, the user's included", (config) => {
    const lines = serverProperties(kafkaOf(config), config.kafka.properties)
      .split("\n")
      .filter((line) => line && !line.startsWith("#"));
    const names = lines.map((line) => line.slice(0, line.indexOf("=")));
    allDiffer(names);
    expect(names).toEqual(expect.arrayContaining(Object.keys(config.kafka.properties)));
  });

  always("a broker may take more memory than it asks for, and asks for more than its heap", ({ kafka }) => {
    const [heap, unit] = [Number.parseInt(kafka.heap), kafka.heap.at(-1)];
    const { request, limit } = memoryFor(kafka.heap);
    expect(Number.parseInt(request)).toBeGreaterThan(unit === "g" ? heap * 1024 : heap);
    expect(Number.parseInt(limit)).toBeGreaterThan(Number.parseInt(request));
  });
});

describe("hosts in containers", () => {
  always("differ in name and address", (config) => {
    allDiffer(containersOf(config).map(({ container }) => container));
    allDiffer(containersOf(config).map(({ address }) => address));
  });

  always("publish ports that no two share, and that only root or nobody could have taken", (config) => {
    const ports = containersOf(config).flatMap(({ sshPort, apiPort }) => [sshPort, apiPort]);
    allDiffer(ports);
    ports.forEach((port) => {
      expect(port).toBeGreaterThan(1023);
      expect(port).toBeLessThan(30000); // where Kubernetes' node ports begin
    });
  });
});

describe("the cluster", () => {
  const hostsOf = ({ hosts }: StackConfig) => hosts.containers ?? hosts.existing ?? [];

  always("every host is a control plane or a worker, and none is both", (config) => {
    const { controlPlanes, workers } = byRole<{ name: string; role: "control-plane" | "worker" }>(hostsOf(config));
    expect([...controlPlanes, ...workers].map(({ name }) => name).sort()).toEqual(
      hostsOf(config)
        .map(({ name }) => name)
        .sort(),
    );
  });

  always("kubeadm's configuration is YAML that says what the config says", ({ kubernetes }) => {
    const settings = { ...kubernetes, scheduleOnControlPlane: kubernetes.scheduleOnControlPlane ?? false };
    const documents = loadAll(initConfig(settings, "master", "10.0.0.4", ["127.0.0.1"]));
    expect(documents).toContainEqual(
      expect.objectContaining({
        kubernetesVersion: `v${kubernetes.version}`,
        networking: { podSubnet: kubernetes.podCidr, serviceSubnet: kubernetes.serviceCidr },
      }),
    );
    expect(loadAll(joinConfig("worker", "10.0.0.5"))).toHaveLength(1);
    expect(fixedSettings(settings)).toContain(kubernetes.podCidr);
  });
});
