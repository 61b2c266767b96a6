/** What a change of a Kafka cluster has to reach. Written by Pulumi as JSON, read by the program that makes the change. */
export interface ChangeTask {
  readonly task: "drain" | "roll" | "rebalance";
  readonly namespace: string;
  /** `host:port`, separated by commas. */
  readonly bootstrapServers: string;
  /** The StatefulSets of the cluster's nodes, in the order in which they are rolled. */
  readonly pools: readonly Pool[];
  /** Ids of the brokers, all of them and no others. */
  readonly brokers: readonly number[];
  /** Nodes of the metadata quorum that vote, all of them and no others, and where they listen as such. */
  readonly voters: readonly { readonly id: number; readonly host: string; readonly port: number }[];
  /** Name of the ConfigMap that there is once the cluster has been up. */
  readonly formedMarker: string;
  /** Whether all brokers say which rack they are in, so that copies can be spread over racks. */
  readonly racks: boolean;
  /** Copies of Kafka's own topics. */
  readonly replicationFactor: number;
  /** Copies that `acks=all` waits for, of topics that don't say. */
  readonly minInsyncReplicas: number;
  /** What moving copies may take of each broker's network, so that clients keep the rest. */
  readonly moveBytesPerSecond: number;
  /** Whether the newest metadata format that the brokers know is to be used from now on. */
  readonly raiseMetadataVersion: boolean;
  /**
   * What brokers are to keep of topics without settings of their own, in the topics' names and units. A drain refuses it where
   * records would be deleted. @default as before
   */
  readonly defaults?: Readonly<Record<string, string>>;
  /** Whether records may be deleted by these defaults which are kept now. @default false */
  readonly allowRecordDeletion?: true;
  /** Whether the volumes of brokers that go are deleted with their pods. @default they are kept */
  readonly deletesVolumes?: true;
}

/** A topic as the stack's config has it. */
export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  /** Copies of each partition. */
  readonly replicationFactor: number;
  /** Settings that the topic has of its own. Those that aren't named stay as they are. */
  readonly config: Readonly<Record<string, string>>;
  /** Whether its settings may change so that records are deleted which are kept now. @default false */
  readonly allowRecordDeletion?: true;
}

/** What a topic has to become. Written by Pulumi as JSON, read by the program that makes it so. */
export interface TopicTask {
  readonly task: "topic";
  readonly topic: TopicSpec;
  /** Name of the ConfigMap that has, by topic, which settings the config has set. */
  readonly configuredSettings: string;
  /** Ids of the brokers, all of them and no others. */
  readonly brokers: readonly number[];
  /** `host:port`, separated by commas. */
  readonly bootstrapServers: string;
  /** What moving copies may take of each broker's network, so that clients keep the rest. */
  readonly moveBytesPerSecond: number;
}

/** What a topic's Job found and did. */
export interface TopicReport {
  /** In what the topic was not as configured: `retention.ms was 1000, not 60000`. */
  readonly changed: readonly string[];
  /** Copies of partitions that got onto another broker. */
  readonly movedCopies: number;
  /** Bytes a second that moves could take in the end of each broker's network, where they didn't catch up at the limit given. */
  readonly moveRateRaisedTo?: number;
  readonly seconds: number;
}

/** The pods of one StatefulSet: nodes with ids from `firstId` on. */
export interface Pool {
  readonly name: string;
  readonly firstId: number;
  readonly count: number;
}

/** What a change found and did. */
export interface ChangeReport {
  /** Copies of partitions that got onto another broker. */
  readonly movedCopies: number;
  /** Bytes a second that moves could take in the end of each broker's network, where they didn't catch up at the limit given. */
  readonly moveRateRaisedTo?: number;
  /** Nodes that got a vote, or lost it. */
  readonly added: readonly number[];
  readonly removed: readonly number[];
  /** Names of pods that were stopped and started anew. */
  readonly replacedPods: readonly string[];
  /** Brokers that an administrator has cordoned. They got no replicas. */
  readonly cordoned: readonly number[];
  /** Names of the volume claims of brokers that were removed. They hold what they held; delete them by hand. */
  readonly keptVolumes: readonly string[];
  /** Levels of the metadata format, where it was raised. */
  readonly metadataVersion?: { readonly from: number; readonly to: number };
  readonly seconds: number;
}
