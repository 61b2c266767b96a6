/** Task of the Job that issues Kafka's certificates. Pulumi writes it as JSON, and `main.ts` reads it in the Job's pod. */
export interface IssuingTask {
  /** Name of the Kafka cluster. */
  readonly cluster: string;
  /** Kafka's namespace, to which the certificates go. */
  readonly namespace: string;
  /** Names of the StatefulSets. */
  readonly pools: readonly string[];
  readonly nodes: readonly {
    readonly id: number;
    /** Name of the node's pod. */
    readonly pod: string;
    readonly isBroker: boolean;
    /** Where the node shows its certificate to other nodes. */
    readonly address: { readonly host: string; readonly port: number };
    /** DNS names by which the node is reached. */
    readonly names: readonly string[];
    /** Names of the Services by whose addresses the node is reached. */
    readonly services: readonly string[];
  }[];
  /** Names and addresses of the hosts, if clients outside reach nodes by them. */
  readonly hosts: readonly string[];
  /** Common names of the Jobs that connect to Kafka. */
  readonly jobs: readonly string[];
}

/** Report of the Job. */
export interface IssuingReport {
  /** The certificates that were issued, each with the reason. @example { "kafka-0": "it is new" } */
  readonly issued: Readonly<Record<string, string>>;
  /** Names of the pods that show another certificate than before. */
  readonly takenUp: readonly string[];
  /** When the first certificate ends, in ISO 8601. */
  readonly firstEnd: string;
  /** When the authority's own certificate ends, in ISO 8601. */
  readonly authorityEnd: string;
  /** The authority's certificate as PEM, which clients have to trust. */
  readonly authority: string;
}
