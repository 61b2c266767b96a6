import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import * as fs from "fs";
import * as path from "path";
import { hasTls } from "../plan/encryption";
import type { KafkaPlan } from "../plan/kafkaPlan";
import { propertyLines, serverProperties, type KafkaProperties } from "../plan/properties";

/**
 * The files that a Kafka node starts from, by name: shared properties, ids of the voters, the launcher, its logging.
 *
 * @param secret names of the properties that are in `nodeSecret` instead
 * @param volumeMark name of a file that the provisioner puts on each new volume; empty if it puts none
 */
export function nodeFiles(
  plan: KafkaPlan,
  properties?: KafkaProperties,
  racks = false,
  secret: readonly string[] = [],
  volumeMark = "",
): Record<string, string> {
  return {
    "volume-mark": volumeMark,
    "common.properties": serverProperties(plan, properties, racks, secret),
    voters: `${plan.voters.join(" ")}\n`,
    "launch.sh": launcher(plan),
    "log4j2.properties": script("log4j2.properties"),
  };
}

/** The launcher; with TLS, its listeners are others. */
function launcher({ encryption }: KafkaPlan): string {
  const text = script("launch.sh");
  if (!hasTls(encryption)) return text;
  const end = text.lastIndexOf(LAST_LINE);
  return `${text.slice(0, end)}\n${script("listeners.sh")}${LAST_LINE}`;
}

const LAST_LINE = "\nmain\n";

function script(name: string): string {
  return fs.readFileSync(path.join(__dirname, "..", "scripts", name), "utf8");
}

/**
 * The ConfigMap of the nodes' files. Pulumi gives it a new name whenever the content changes. So pods roll exactly when
 * the content changes, and a pod that wasn't rolled yet keeps its files.
 */
export function nodeConfigMap(
  plan: KafkaPlan,
  files: Record<string, string>,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.ConfigMap {
  return new k8s.core.v1.ConfigMap(
    `${plan.name}-config`,
    { metadata: { namespace: plan.namespace }, immutable: true, data: files },
    opts,
  );
}

/**
 * The Secret of the confidential properties. Like the files' ConfigMap, it gets a new name whenever the content
 * changes.
 */
export function nodeSecret(
  plan: KafkaPlan,
  properties: KafkaProperties,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.Secret {
  // Pulumi's class for Secrets marks `stringData` as a secret, so that it is encrypted in the state.
  const stringData = { "secret.properties": propertyLines(properties) };
  return new k8s.core.v1.Secret(
    `${plan.name}-secrets`,
    { metadata: { namespace: plan.namespace }, immutable: true, stringData },
    opts,
  );
}
