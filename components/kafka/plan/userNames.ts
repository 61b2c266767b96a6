import { tlsListeners } from "./encryption";
import type { KafkaPlan } from "./kafkaPlan";
import { jobs } from "./principals";

/** Programs of Kafka's Jobs, and its nodes: what a user's name must not be mistaken for in Kafka's logs. */
const PROGRAMS = ["node", "certificates", ...jobs];

/**
 * Whether a name could be mistaken for somebody else's: Kafka calls those who don't log in ANONYMOUS, and the program's Jobs and
 * nodes have certificates with names like these.
 *
 * @param cluster name of the Kafka cluster
 */
export function isReserved(cluster: string, user: string): boolean {
  return user === "anonymous" || user === cluster || PROGRAMS.some((program) => user === `${cluster}-${program}`);
}

/** Longest name of a user: its Job's name has `kafka-user-` in front and nine characters of Pulumi's behind, and at most 63. */
export const LONGEST_USER = 43;

/** Name of a user's Job, and of the Secret with its login. @example "kafka-user-orders" */
export function userJobName({ name }: Pick<KafkaPlan, "name">, user: string): string {
  return `${name}-user-${user}`;
}

/** Name of the Job that takes away what removed users had, and of the ConfigMap with the names of all users. */
export function usersName({ name }: KafkaPlan): string {
  return `${name}-users`;
}

/** How Kafka names a user who has logged in. */
export function principalOf(user: string): string {
  return `User:${user}`;
}

/** `host:port` that clients in pods start from if they log in. */
export function loginServers({ bootstrapService, domain }: KafkaPlan): string {
  return `${bootstrapService}.${domain}:${tlsListeners.logins.port}`;
}
