import type { Encryption } from "./encryption";

/** Common name in the certificates of all nodes, so that another node changes no other one's settings. */
export const NODES = "kafka-node";

/**
 * Common name in the certificate of a Job: the program's name, such as `kafka-roll`.
 *
 * @param cluster name of the Kafka cluster
 */
export function jobName(cluster: string, job: Job): string {
  return `${cluster}-${job}`;
}

/** The Jobs that connect to Kafka by a certificate that is in a Secret. */
export const jobs = ["drain", "roll", "rebalance", "gate", "topics", "users", "verification"] as const;
/** With the Job that issues certificates, one for itself as well. */
export type Job = (typeof jobs)[number] | "certificates";

/**
 * How Kafka names somebody with a certificate. Users who log in have names without `=`, so that none can be taken for one of these.
 *
 * @param name the certificate's common name
 */
export function principalOf(name: string): string {
  return `User:CN=${name}`;
}

/** How Kafka names those who say nothing of themselves: everybody who uses a PLAINTEXT listener. */
export const ANONYMOUS = "User:ANONYMOUS";

/**
 * Who may do everything. Nodes replicate from each other and register. The roll is the Job that gives all others their rights.
 * Until the cluster is closed, clients at PLAINTEXT listeners go on as before.
 */
export function superUsers(cluster: string, encryption: Encryption): string[] {
  return [principalOf(NODES), principalOf(jobName(cluster, "roll")), ...(encryption === "closed" ? [] : [ANONYMOUS])];
}
