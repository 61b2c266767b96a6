import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import { podSecurity } from "../../podSecurityPlan";

/**
 * A namespace for the Kafka cluster alone: a StatefulSet's volume claims are deleted only with their namespace. All pods of ours are
 * `restricted`. In an open stack only `baseline` is enforced: others may run pods there, and a broker of an earlier version, without
 * a seccomp profile, has to come back if it fails before the first roll.
 *
 * @param isClosed whether pods that aren't `restricted` are refused
 */
export function kafkaNamespace(
  name: string,
  isClosed: boolean,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.Namespace {
  const labels = podSecurity(isClosed ? "restricted" : "baseline", "restricted");
  return new k8s.core.v1.Namespace(name, { metadata: { name, labels } }, opts);
}

/** The namespace's uid in Kafka's notation: random, and another one for each namespace. See keptClusterId. */
export function clusterIdOf(namespace: k8s.core.v1.Namespace): pulumi.Output<string> {
  return namespace.metadata.uid.apply(toKafkaId);
}

/**
 * A UUID in Kafka's notation: its 16 bytes in base64url without padding.
 *
 * @example "p8iz8I1nQ1qcTQvYp0BzJg" for `a7c8b3f0-8d67-435a-9c4d-0bd8a7407326`
 */
export function toKafkaId(uuid: string): string {
  return Buffer.from(uuid.replaceAll("-", ""), "hex").toString("base64url");
}
