import { Fatal } from "../../failures";

/**
 * Throws if an answer has an error code.
 *
 * @param what what failed, as the message's beginning
 * @param passes error codes that count as success
 * @throws Fatal if a retry can't help, else Error
 */
export function failOn(
  what: string,
  { errorCode, errorMessage }: { errorCode: number; errorMessage?: string | null },
  passes: readonly number[] = [],
): void {
  if (errorCode === 0 || passes.includes(errorCode)) return;
  const message = `${what}: ${errorMessage ?? "Kafka's error"} (${NAMES[errorCode] ?? errorCode})`;
  throw HOPELESS.includes(errorCode) ? new Fatal(message) : new Error(message);
}

/** Kafka's error codes that this program handles. @see org.apache.kafka.common.protocol.Errors */
export const codes = {
  unknownTopic: 3,
  invalidTopic: 17,
  topicAuthorizationFailed: 29,
  clusterAuthorizationFailed: 31,
  topicAlreadyExists: 36,
  invalidPartitions: 37,
  invalidConfig: 40,
  invalidRequest: 42,
  policyViolation: 44,
  securityDisabled: 54,
  storageError: 56,
  groupIdNotFound: 69,
  electionNotNeeded: 84,
  noReassignmentInProgress: 85,
  resourceNotFound: 91,
  unacceptableCredential: 93,
  brokerIdNotRegistered: 102,
  duplicateVoter: 126,
  voterNotFound: 127,
} as const;

/**
 * Errors that no retry can heal: of the request itself, or of a permission. UNSUPPORTED_VERSION isn't one of them, since during
 * an upgrade another broker may answer, nor INVALID_REPLICATION_FACTOR and INVALID_REPLICA_ASSIGNMENT, since brokers may return.
 */
const HOPELESS: readonly number[] = [
  codes.invalidTopic,
  codes.topicAuthorizationFailed,
  codes.clusterAuthorizationFailed,
  codes.invalidPartitions,
  codes.invalidConfig,
  codes.invalidRequest,
  codes.policyViolation,
  codes.securityDisabled,
  codes.unacceptableCredential,
];

const NAMES: Readonly<Record<number, string>> = {
  [codes.unknownTopic]: "UNKNOWN_TOPIC_OR_PARTITION",
  5: "LEADER_NOT_AVAILABLE",
  6: "NOT_LEADER_OR_FOLLOWER",
  7: "REQUEST_TIMED_OUT",
  14: "COORDINATOR_LOAD_IN_PROGRESS",
  15: "COORDINATOR_NOT_AVAILABLE",
  16: "NOT_COORDINATOR",
  [codes.invalidTopic]: "INVALID_TOPIC_EXCEPTION",
  [codes.topicAuthorizationFailed]: "TOPIC_AUTHORIZATION_FAILED",
  [codes.clusterAuthorizationFailed]: "CLUSTER_AUTHORIZATION_FAILED",
  35: "UNSUPPORTED_VERSION",
  [codes.topicAlreadyExists]: "TOPIC_ALREADY_EXISTS",
  [codes.invalidPartitions]: "INVALID_PARTITIONS",
  38: "INVALID_REPLICATION_FACTOR",
  39: "INVALID_REPLICA_ASSIGNMENT",
  [codes.invalidConfig]: "INVALID_CONFIG",
  41: "NOT_CONTROLLER",
  [codes.invalidRequest]: "INVALID_REQUEST",
  [codes.policyViolation]: "POLICY_VIOLATION",
  [codes.securityDisabled]: "SECURITY_DISABLED",
  [codes.storageError]: "KAFKA_STORAGE_ERROR",
  60: "REASSIGNMENT_IN_PROGRESS",
  68: "NON_EMPTY_GROUP",
  [codes.groupIdNotFound]: "GROUP_ID_NOT_FOUND",
  [codes.electionNotNeeded]: "ELECTION_NOT_NEEDED",
  [codes.noReassignmentInProgress]: "NO_REASSIGNMENT_IN_PROGRESS",
  [codes.resourceNotFound]: "RESOURCE_NOT_FOUND",
  [codes.unacceptableCredential]: "UNACCEPTABLE_CREDENTIAL",
  [codes.brokerIdNotRegistered]: "BROKER_ID_NOT_REGISTERED",
  [codes.voterNotFound]: "VOTER_NOT_FOUND",
  [codes.duplicateVoter]: "DUPLICATE_VOTER",
};
