/**
 * How Kafka's connections are protected, in the order of the steps from an open cluster to a closed one.
 *
 * - `open`: all listeners are PLAINTEXT, and nobody is asked who he is.
 * - `prepared`: listeners with TLS stand beside the others. Nobody has to use them.
 * - `moved`: nodes and the program's Jobs use TLS. The authorizer judges those who use TLS; who uses PLAINTEXT may do all.
 * - `closed`: only TLS. Whoever has neither a certificate nor a login is refused, and the authorizer judges all others.
 *
 * Nodes of neighbouring steps understand each other, so that a cluster goes from one to the next in a roll.
 *
 * @see docs/encryption.md
 */
export type Encryption = (typeof encryptions)[number];

export const encryptions = ["open", "prepared", "moved", "closed"] as const;

/** Whether nodes have TLS listeners, and certificates for them. */
export function hasTls(encryption: Encryption): boolean {
  return encryption !== "open";
}

/** Whether nodes and Jobs use these listeners, and an authorizer judges requests. */
export function usesTls(encryption: Encryption): boolean {
  return encryption === "moved" || encryption === "closed";
}

/** How a listener protects a connection, and knows who is there: by nothing, by a certificate, or by a login within TLS. */
export type ListenerProtocol = "PLAINTEXT" | "SSL" | "SASL_SSL";

/** A listener of Kafka's nodes. */
export interface Listener {
  /** Letters alone: Kafka's properties, Kubernetes' names of ports and `listener.name.NAME` have it in small letters. */
  readonly name: string;
  readonly port: number;
  readonly protocol: ListenerProtocol;
}

/** The listeners with TLS. Each has the last digit of the PLAINTEXT one that it stands beside. */
export const tlsListeners = {
  /** Brokers among each other, and the program's Jobs. */
  peers: { name: "PEERS", port: 9191, protocol: "SSL" },
  /** Clients in pods that log in. */
  logins: { name: "LOGINS", port: 9192, protocol: "SASL_SSL" },
  /** Controllers. */
  quorum: { name: "QUORUM", port: 9193, protocol: "SSL" },
  /** Programs on the hosts, which log in. */
  nodeLogins: { name: "NODELOGINS", port: 9194, protocol: "SASL_SSL" },
  /** Clients outside the cluster, which log in. */
  outsideLogins: { name: "OUTSIDELOGINS", port: 9195, protocol: "SASL_SSL" },
  /** Clients in pods that have a certificate. */
  certificates: { name: "CERTIFICATES", port: 9196, protocol: "SSL" },
} as const satisfies Record<string, Listener>;

/** Why the config may not change a running cluster's step at once; undefined if it may. */
export function whyNotFrom(running: Encryption, wanted: Encryption): string | undefined {
  const [from, to] = [encryptions.indexOf(running), encryptions.indexOf(wanted)];
  if (Math.abs(to - from) <= 1) return undefined;
  const next = encryptions[from + Math.sign(to - from)]!;
  return `would be ${wanted}, and the stack is ${running}: nodes of these two can't reach each other, and a roll has both. Set ${next} first, and run up`;
}
