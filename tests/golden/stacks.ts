import { readFileSync } from "node:fs";
import { join } from "node:path";

import { load } from "js-yaml";

import { privateKeyOf, publicKeyOf } from "../support/keys";
import { root } from "../support/stack";
import type { EngineConfig } from "./record";

export interface GoldenStack {
  /** Name of the golden file. */
  file: string;
  /** The stack's own name. */
  stack: string;
  /** The Pulumi.STACK.yaml that its config comes from. */
  settings: string;
  /** Values that replace the file's, by key without the project. */
  changes?: Record<string, unknown>;
  /** File of another stack; this one is described by its difference to that one. */
  differsFrom?: string;
}

/** Keys that tests pass to the program, by their placeholders in committed and golden files. */
export const standIns = [
  ...["master", "worker"].map((host) => ({ text: publicKeyOf(host), inShort: `ssh-ed25519 AAAA-of-${host}` })),
  { text: privateKeyOf("the lab's user"), inShort: "PRIVATE KEY of the lab's user" },
];

/** Values that each user sets, so that a committed file can't have them. */
const supplied: Record<string, Record<string, unknown>> = {
  lab: { sshPrivateKey: { secure: privateKeyOf("the lab's user") } },
};

const containers = [
  { name: "master", role: "control-plane", memory: "4g" },
  { name: "worker", memory: "3g" },
];

const moreControlPlanes = ["master-2", "master-3"].map((name) => ({ name, role: "control-plane" }));

const topics = {
  orders: { partitions: 6, replicationFactor: 1, config: { "retention.ms": 86_400_000 } },
  "audit.log": { partitions: 1, replicationFactor: 1 },
};

const users = {
  orders: {
    acls: [{ resource: "Topic", name: "orders", operations: ["Read", "Write"] }],
    quotas: { producerBytesPerSecond: 1_048_576 },
  },
};

const asDev = (file: string, changes: Record<string, unknown>): GoldenStack => ({
  file: `dev-with-${file}`,
  stack: "dev",
  settings: "dev",
  changes,
  differsFrom: "dev",
});

/** The committed stacks, and the dev stack in other sizes. */
export const stacks: readonly GoldenStack[] = [
  ...["dev", "lab", "gcp"].map((name) => ({ file: name, stack: name, settings: name })),
  ...[2, 3, 5].map((brokers) => asDev(`${brokers}-brokers`, { kafka: { brokers } })),
  asDev("topics", { kafka: { topics } }),
  asDev("users", { kafka: { security: { encryption: "closed" }, users } }),
  asDev("3-control-planes", { hosts: { containers: [...containers, ...moreControlPlanes] } }),
  asDev("1-more-worker", { hosts: { containers: [...containers, { name: "second" }] } }),
];

/** The config as the engine would pass it. A secret is represented by its ciphertext. */
export function configOf({ settings, changes }: GoldenStack): EngineConfig {
  const own = Object.entries({ ...supplied[settings], ...changes }).map(([key, value]) => [
    `kubeadm-kafka:${key}`,
    value,
  ]);
  const all = Object.entries({ ...configIn(settings), ...(Object.fromEntries(own) as Record<string, unknown>) });
  return {
    values: Object.fromEntries(all.map(([key, value]) => [key, asText(value)])),
    secretKeys: all.filter(([, value]) => isSecret(value)).map(([key]) => key),
  };
}

function asText(value: unknown): string {
  if (isSecret(value)) return value.secure;
  return typeof value === "string" ? value : JSON.stringify(value);
}

function isSecret(value: unknown): value is { secure: string } {
  return typeof value === "object" && value !== null && "secure" in value;
}

function configIn(settings: string): Record<string, unknown> {
  const text = readFileSync(join(root, `Pulumi.${settings}.yaml`), "utf8");
  const file = standIns.reduce((filled, { text, inShort }) => filled.replaceAll(inShort, text), text);
  const { config } = load(file) as { config: Record<string, unknown> };
  // Pulumi accepts keys without the project's name, and `config set` adds it.
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key.includes(":") ? key : `kubeadm-kafka:${key}`, value]),
  );
}
