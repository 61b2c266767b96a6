/** How Kafka's connections are protected, in the order of the steps from an open cluster to a closed one. */
export type Encryption = (typeof encryptions)[number];

export const encryptions = ["open", "prepared", "moved", "closed"] as const;

/** Whether nodes and Jobs use TLS listeners, and an authorizer judges requests. */
export function usesTls(encryption: Encryption): boolean {
  return encryption === "moved" || encryption === "closed";
}

/** The listeners with TLS. */
export const tlsListeners = {
  /** Clients in pods that log in. */
  logins: { name: "LOGINS", port: 9192, protocol: "SASL_SSL" },
} as const;
