/** Kafka's answer to a request was an error. */
class KafkaError extends Error {
  constructor(
    what: string,
    readonly code: number,
    message: string | null,
  ) {
    super(`${what}: ${message ?? "Kafka's error"} (${NAMES[code] ?? code})`);
  }
}

/** Throws where an error code says so. Errors in `passes` count as success. */
export function failOn(
  what: string,
  { errorCode, errorMessage }: { errorCode: number; errorMessage?: string | null },
  passes: readonly number[] = [],
): void {
  if (errorCode !== 0 && !passes.includes(errorCode)) throw new KafkaError(what, errorCode, errorMessage ?? null);
}

/** Those of Kafka's error codes that this program meets (org.apache.kafka.common.protocol.Errors). */
export const codes = {
  electionNotNeeded: 84,
  noReassignmentInProgress: 85,
  brokerIdNotRegistered: 102,
  duplicateVoter: 126,
  voterNotFound: 127,
} as const;

const NAMES: Readonly<Record<number, string>> = {
  3: "UNKNOWN_TOPIC_OR_PARTITION",
  6: "NOT_LEADER_OR_FOLLOWER",
  7: "REQUEST_TIMED_OUT",
  35: "UNSUPPORTED_VERSION",
  38: "INVALID_REPLICATION_FACTOR",
  39: "INVALID_REPLICA_ASSIGNMENT",
  41: "NOT_CONTROLLER",
  42: "INVALID_REQUEST",
  60: "REASSIGNMENT_IN_PROGRESS",
  [codes.electionNotNeeded]: "ELECTION_NOT_NEEDED",
  [codes.noReassignmentInProgress]: "NO_REASSIGNMENT_IN_PROGRESS",
  [codes.brokerIdNotRegistered]: "BROKER_ID_NOT_REGISTERED",
  [codes.voterNotFound]: "VOTER_NOT_FOUND",
  [codes.duplicateVoter]: "DUPLICATE_VOTER",
};
