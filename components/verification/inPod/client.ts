import * as net from "node:net";
import * as tls from "node:tls";
import { Kafka, logLevel, type RetryOptions } from "kafkajs";
import { absoluteName, serverName } from "../../kafka/protocol/ask";
import { podCertificate } from "../../programs/inPod/podCertificate";
import type { Expectation } from "../expectation";

const KEEP_ALIVE_MS = 60_000;

/** A Kafka client of the cluster. @see https://kafka.js.org/docs/configuration */
export function clientOf({ bootstrapServers }: Expectation, retry: RetryOptions): Kafka {
  return new Kafka({
    clientId: "verification",
    brokers: bootstrapServers.split(","),
    logLevel: logLevel.NOTHING,
    retry,
    ssl: podCertificate() !== undefined,
    socketFactory: ({ host, port, onConnect }) => {
      const to = { host: absoluteName(host), port };
      const own = podCertificate();
      const socket = own ? tls.connect({ ...to, ...own, ...serverName(host) }, onConnect) : net.connect(to, onConnect);
      return socket.setKeepAlive(true, KEEP_ALIVE_MS);
    },
  });
}

/** Broker settings that limit clients, and the one that says whether topics can be deleted. */
export const BROKER_LIMITS = [
  "connections.max.idle.ms",
  "delete.topic.enable",
  "group.initial.rebalance.delay.ms",
  "group.max.session.timeout.ms",
  "group.min.session.timeout.ms",
  "socket.request.max.bytes",
] as const;

/** Settings of the verification's clients, within the brokers' limits. */
export interface Bounds {
  /** Whether topics can be deleted. */
  readonly deletesTopics: boolean;
  /** Session timeout of the consumer. */
  readonly sessionTimeoutMs: number;
  /** Heartbeat interval of the consumer. */
  readonly heartbeatMs: number;
  /** Size of each record's value. */
  readonly recordBytes: number;
  /** Largest number of records in a request. */
  readonly batch: number;
}

const SESSION_TIMEOUT_MS = 30_000;
const HEARTBEAT_MS = 3_000;
const BATCH = 100;
/** Upper bound of a record's key and Kafka's own fields, with its share of the batch's. */
const OVERHEAD_BYTES = 200;

/**
 * Settings of clients that keep within the brokers' limits.
 *
 * @param settings values of `BROKER_LIMITS`; a missing one is no limit
 */
export function boundsOf({ messageBytes }: Expectation, settings: Readonly<Record<string, string>>): Bounds {
  const limit = (name: (typeof BROKER_LIMITS)[number], otherwise: number): number =>
    Number(settings[name] ?? otherwise);
  const longest = Math.min(SESSION_TIMEOUT_MS, limit("group.max.session.timeout.ms", Infinity));
  const sessionTimeoutMs = Math.max(longest, limit("group.min.session.timeout.ms", 0));
  // Records get half of a request, since its other fields need space, too.
  const requestBytes = limit("socket.request.max.bytes", Infinity) / 2;
  const recordBytes = Math.max(1, Math.min(messageBytes, Math.floor(requestBytes / 2) - OVERHEAD_BYTES));
  return {
    deletesTopics: settings["delete.topic.enable"] !== "false",
    sessionTimeoutMs,
    heartbeatMs: Math.min(HEARTBEAT_MS, Math.floor(sessionTimeoutMs / 3)),
    recordBytes,
    batch: Math.max(1, Math.min(BATCH, Math.floor(requestBytes / (recordBytes + OVERHEAD_BYTES)))),
  };
}

/**
 * Why no consumer can join a group on brokers with these settings, though the settings are valid.
 *
 * @param settings values of `BROKER_LIMITS`
 */
export function joinProblems(settings: Readonly<Record<string, string>>): string[] {
  const idle = Number(settings["connections.max.idle.ms"]);
  const delay = Number(settings["group.initial.rebalance.delay.ms"]);
  if (!(idle <= delay)) return [];
  return [
    `brokers close a connection after connections.max.idle.ms, ${idle}, before they let a consumer into a new group ` +
      `after group.initial.rebalance.delay.ms, ${delay}; set the former higher`,
  ];
}
