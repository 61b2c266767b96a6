import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** The namespace of a Kafka cluster. It is owned, since volume claims made by a StatefulSet go only with their namespace. */
export function kafkaNamespace(name: string, opts: pulumi.CustomResourceOptions): k8s.core.v1.Namespace {
  return new k8s.core.v1.Namespace(name, { metadata: { name } }, opts);
}

/**
 * Kafka's cluster id: the namespace's own unique id, written as Kafka writes ids. So it is random, made once, and lives
 * exactly as long as the volumes that carry it: it survives every update and the loss of Pulumi's state, and a Kafka
 * cluster that is made again after a destroy gets another one.
 */
export function clusterIdOf(namespace: k8s.core.v1.Namespace): pulumi.Output<string> {
  return namespace.metadata.uid.apply(toKafkaId);
}

/** A UUID in Kafka's notation: its 16 bytes in base64url without padding. */
export function toKafkaId(uuid: string): string {
  return Buffer.from(uuid.replaceAll("-", ""), "hex").toString("base64url");
}
