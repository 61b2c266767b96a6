import type { AclBinding } from "../plan/acls";
import type { Encryption } from "../plan/encryption";
import type { VoterAddress } from "../protocol/quorum";

/** Task of a Job that changes a Kafka cluster. Pulumi writes it as JSON, and `main.ts` reads it in the Job's pod. */
export interface ChangeTask {
  readonly task: "drain" | "roll" | "rebalance";
  readonly namespace: string;
  /** `host:port`, separated by commas. */
  readonly bootstrapServers: string;
  /** The StatefulSets of the cluster's nodes, in the order in which they are rolled. */
  readonly pools: readonly Pool[];
  /** Ids of all planned brokers. */
  readonly brokers: readonly number[];
  /** All planned voters of the metadata quorum, with the addresses of their controller listeners. */
  readonly voters: readonly (VoterAddress & { readonly id: number })[];
  /** The step of encryption. @default "open" */
  readonly encryption?: Exclude<Encryption, "open">;
  /** Name of the cluster, by which Jobs' certificates begin. It is there with `encryption`. */
  readonly cluster?: string;
  /** Name of the ConfigMap that exists once the cluster has been up. */
  readonly formedMarker: string;
  /** Whether brokers have racks. If so, every broker has to have one before replicas are spread over racks. */
  readonly racks: boolean;
  /** Replicas of Kafka's own topics. */
  readonly replicationFactor: number;
  /** Default of `min.insync.replicas` for topics without a setting of their own. */
  readonly minInsyncReplicas: number;
  /** Limit of each broker's network traffic for moving replicas, in bytes per second. */
  readonly moveBytesPerSecond: number;
  /** Whether to raise the metadata format to the newest one that the brokers know. */
  readonly raiseMetadataVersion: boolean;
  /**
   * Brokers' defaults that decide which records of a topic are deleted, by the topic settings' names and in their
   * units. A drain refuses a change of them that would delete records.
   * @default unchanged
   * @example { "retention.ms": "604800000", "cleanup.policy": "delete" }
   */
  readonly defaults?: Readonly<Record<string, string>>;
  /** Whether these defaults may let Kafka delete records that it keeps now. @default false */
  readonly allowRecordDeletion?: true;
  /** Whether the volumes of removed brokers are deleted with their pods. @default they are kept */
  readonly deletesVolumes?: true;
}

/**
 * Task of the gate's Job, which runs before a host is taken out and after it is back. Pulumi writes it as JSON into a
 * suspended CronJob. Whoever makes a Job from that adds the host's name and the moment, in NODE and MOMENT.
 */
export interface NodeTask extends Pick<ChangeTask, "namespace" | "bootstrapServers" | "pools" | "brokers"> {
  readonly task: "node";
}

/** When the gate runs: before a host is taken out, or after it is back. */
export type Moment = "before" | "after";

/** Report of the gate's Job. */
export interface NodeReport {
  readonly node: string;
  readonly moment: Moment;
  /** Names of Kafka's pods on the host. */
  readonly pods: readonly string[];
  /** What stopping these pods interrupts, in sentences. */
  readonly interrupts: readonly string[];
  readonly seconds: number;
}

/** A topic as the stack's config has it. */
export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  /** Replicas of each partition. */
  readonly replicationFactor: number;
  /** The topic's own settings. Settings that aren't listed stay as they are. */
  readonly config: Readonly<Record<string, string>>;
  /** Whether a change of the settings may let Kafka delete records that it keeps now. @default false */
  readonly allowRecordDeletion?: true;
}

/** Task of a topic's Job. Pulumi writes it as JSON, and `main.ts` reads it in the Job's pod. */
export interface TopicTask {
  readonly task: "topic";
  readonly topic: TopicSpec;
  /** Name of the ConfigMap that stores, by topic, the names of the settings that the config has set. */
  readonly configuredSettings: string;
  /** Name of the Lease that a topic's Job holds while it moves replicas. */
  readonly movesLease: string;
  /** Ids of all planned brokers. */
  readonly brokers: readonly number[];
  /** `host:port`, separated by commas. */
  readonly bootstrapServers: string;
  /** Limit of each broker's network traffic for moving replicas, in bytes per second. */
  readonly moveBytesPerSecond: number;
}

/** Report of a topic's Job. */
export interface TopicReport {
  /** The topic's differences from the config, as they were found. @example ["retention.ms is 1000, not 60000"] */
  readonly changed: readonly string[];
  /** Number of replicas that were moved to another broker. */
  readonly movedReplicas: number;
  /** Bytes per second to which the moves' limit was raised, because moves didn't catch up with producers. */
  readonly moveRateRaisedTo?: number;
  readonly seconds: number;
}

/** A user as the stack's config has it. */
export interface UserSpec {
  readonly name: string;
  /** All that the user may do, or may not. */
  readonly acls: readonly AclBinding[];
  /** The user's quotas by Kafka's names. @example { producer_byte_rate: 1048576 } */
  readonly quotas: Readonly<Record<string, number>>;
}

/** Task of a user's Job. Pulumi writes it as JSON, and `main.ts` reads it in the Job's pod. */
export interface UserTask {
  readonly task: "user";
  readonly user: UserSpec;
  /** Name of the Secret with the user's password. */
  readonly secret: string;
  /** Name of the ConfigMap that stores the names of all users of the config. */
  readonly users: string;
  /** Name of the ConfigMap with the certificates of the authorities, for the user's clients. */
  readonly authorities: string;
  /** `host:port`, separated by commas. */
  readonly bootstrapServers: string;
  /** `host:port` that the user's clients start from, separated by commas. */
  readonly loginServers: string;
}

/** Task of the Job that takes away what removed users had. */
export interface RemovedUsersTask {
  readonly task: "users";
  /** Name of the Kafka cluster. */
  readonly cluster: string;
  /** Names of the config's users. */
  readonly configured: readonly string[];
  /** Name of the ConfigMap that stores the names of all users of the config. */
  readonly users: string;
  /** `host:port`, separated by commas. */
  readonly bootstrapServers: string;
}

/** Report of a user's Job. */
export interface UserReport {
  /** The user's differences from the config, as they were found. @example ["Allow Read on Topic orders is missing"] */
  readonly changed: readonly string[];
  readonly seconds: number;
}

/** Report of the Job that takes away what removed users had. */
export interface RemovedUsersReport {
  /** Names of the users that have no login, no ACLs and no quotas any more. */
  readonly removed: readonly string[];
  readonly seconds: number;
}

/** The pods of one StatefulSet: nodes with ids from `firstId` on. */
export interface Pool {
  readonly name: string;
  readonly firstId: number;
  readonly count: number;
}

/** Report of a Job that changes a Kafka cluster. */
export interface ChangeReport {
  /** Number of replicas that were moved to another broker. */
  readonly movedReplicas: number;
  /** Bytes per second to which the moves' limit was raised, because moves didn't catch up with producers. */
  readonly moveRateRaisedTo?: number;
  /** Ids of the nodes that were added to the voters. */
  readonly added: readonly number[];
  /** Ids of the nodes that were removed from the voters. */
  readonly removed: readonly number[];
  /** Names of the pods that were replaced. */
  readonly replacedPods: readonly string[];
  /** Ids of the brokers that an administrator has cordoned. They got no replicas. */
  readonly cordoned: readonly number[];
  /** Names of the volume claims of removed brokers. They keep their data until somebody deletes them. */
  readonly keptVolumes: readonly string[];
  /** Levels of the metadata format before and after, if it was raised. */
  readonly metadataVersion?: { readonly from: number; readonly to: number };
  readonly seconds: number;
}
