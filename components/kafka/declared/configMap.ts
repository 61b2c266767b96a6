import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import * as fs from "fs";
import * as path from "path";
import type { KafkaPlan } from "../plan/kafkaPlan";
import { propertyLines, serverProperties, type KafkaProperties } from "../plan/properties";

/**
 * The files that a Kafka node starts from, by name: what all nodes share, who votes, the launcher, its logging.
 *
 * @param secret names of properties that are in no such file, but in that of `nodeSecret`
 * @param volumeMark name of a file that each volume has from the beginning; empty where they have none
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
    "launch.sh": script("launch.sh"),
    "log4j2.properties": script("log4j2.properties"),
  };
}

function script(name: string): string {
  return fs.readFileSync(path.join(__dirname, "..", "scripts", name), "utf8");
}

/**
 * Holds the files. Pulumi names it, a new name for new content: pods roll when and only when the content changes, and
 * those not yet rolled keep the files that they were started with.
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

/** Holds properties that nobody may read, in the state as well. Like the files' ConfigMap it has a new name for new content. */
export function nodeSecret(
  plan: KafkaPlan,
  properties: KafkaProperties,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.Secret {
  // Pulumi's class for Secrets marks it as a secret for the state.
  const stringData = { "secret.properties": propertyLines(properties) };
  return new k8s.core.v1.Secret(
    `${plan.name}-secrets`,
    { metadata: { namespace: plan.namespace }, immutable: true, stringData },
    opts,
  );
}
