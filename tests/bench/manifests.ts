import * as fs from "node:fs";
import * as path from "node:path";

import * as yaml from "js-yaml";

import type { StateResource } from "../support/stack";

/** The file of by-hand.sh that each of the platform's parts is written to. */
const files: Record<string, RegExp> = {
  "network.yaml": /:network:Calico\$/,
  "storage.yaml": /:storage:LocalPathStorage\$/,
  "kafka.yaml": /:kafka:KafkaCluster\$/,
  "verification.yaml": /:verification:VerificationJob\$/,
};

/** Namespaces come first, then what pods depend on, then pods. */
const order = ["Namespace", "CustomResourceDefinition", "ServiceAccount", "Role", "ClusterRole", "ConfigMap"];

interface Declared {
  kind: string;
  metadata: { name: string };
}

/** Writes a stack's objects as files for `kubectl apply`, so that both sides of the comparison make the same objects. */
export function writeManifests(resources: readonly StateResource[], folder: string): void {
  for (const [file, within] of Object.entries(files)) {
    const objects = resources
      .filter(({ urn, type }) => type.startsWith("kubernetes:") && within.test(urn))
      .map(({ inputs }) => inputs as unknown as Declared)
      // A cluster that doesn't exist yet needs no changes by hand.
      .filter(({ kind }) => kind !== "Job" || file === "verification.yaml")
      // This file is written once the brokers have formed a cluster; earlier, it would keep them from forming one.
      .filter(({ metadata }) => metadata.name !== "kafka-formed")
      .sort((a, b) => rank(a) - rank(b));
    fs.writeFileSync(path.join(folder, file), objects.map((object) => yaml.dump(object)).join("---\n"));
  }
}

function rank({ kind }: Declared): number {
  const place = order.indexOf(kind);
  return place < 0 ? order.length : place;
}
