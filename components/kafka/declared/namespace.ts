import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import { podSecurity } from "../../podSecurityPlan";

/**
 * A namespace for the Kafka cluster alone: a StatefulSet's volume claims are deleted only with their namespace. All pods of ours are
 * `restricted`. Only `baseline` is enforced, since a broker that fails before the first roll by this version has a pod of an earlier
 * one, without a seccomp profile, which has to come back.
 */
export function kafkaNamespace(name: string, opts: pulumi.CustomResourceOptions): k8s.core.v1.Namespace {
  return new k8s.core.v1.Namespace(name, { metadata: { name, labels: podSecurity("baseline", "restricted") } }, opts);
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
