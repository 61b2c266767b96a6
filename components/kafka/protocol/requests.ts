import {
  bool,
  bytes,
  float64,
  int16,
  int32,
  int64,
  int8,
  list,
  nullableList,
  nullableString,
  string,
  struct,
  taggedStruct,
  uint16,
  uuid,
} from "./types";
import type { Type } from "./types";

/**
 * A request of Kafka's protocol, in a "flexible" version that every Kafka 4 supports.
 *
 * @see https://kafka.apache.org/protocol
 */
export interface Request<Q, A> {
  readonly name: string;
  readonly key: number;
  readonly version: number;
  readonly question: Type<Q>;
  readonly answer: Type<A>;
  /** Whether the answer's header has no tagged fields. Only ApiVersions is so, so that every client can read it. */
  readonly untaggedHeader?: boolean;
}

const throttleMs = int32;
const errorCode = int16;
const errorMessage = nullableString;
/** An answer that only says whether the request succeeded. */
const outcome = struct({ throttleMs, errorCode, errorMessage });
const outcomesOfPartitions = list(struct({ partition: int32, errorCode, errorMessage }));

/** @see MetadataRequest.json in Kafka's source; the file of each request below has its name */
export const metadata = {
  name: "Metadata",
  key: 3,
  version: 12,
  question: struct({
    topics: nullableList(struct({ id: uuid, name: nullableString })),
    autoCreate: bool,
    authorizedOperations: bool,
  }),
  answer: struct({
    throttleMs,
    brokers: list(struct({ id: int32, host: string, port: int32, rack: nullableString })),
    clusterId: nullableString,
    controller: int32,
    topics: list(
      struct({
        errorCode,
        name: nullableString,
        id: uuid,
        internal: bool,
        partitions: list(
          struct({
            errorCode,
            partition: int32,
            leader: int32,
            leaderEpoch: int32,
            replicas: list(int32),
            inSync: list(int32),
            offline: list(int32),
          }),
        ),
        authorizedOperations: int32,
      }),
    ),
  }),
} as const;

export const describeCluster = {
  name: "DescribeCluster",
  key: 60,
  version: 2,
  question: struct({ authorizedOperations: bool, endpointType: int8, fenced: bool }),
  answer: struct({
    throttleMs,
    errorCode,
    errorMessage,
    endpointType: int8,
    clusterId: string,
    controller: int32,
    brokers: list(struct({ id: int32, host: string, port: int32, rack: nullableString, fenced: bool })),
    authorizedOperations: int32,
  }),
} as const;

const quorumReplica = struct({
  id: int32,
  directory: uuid,
  logEnd: int64,
  lastFetch: int64,
  lastCaughtUp: int64,
});
const listener = struct({ name: string, host: string, port: uint16 });

export const describeQuorum = {
  name: "DescribeQuorum",
  key: 55,
  version: 2,
  question: struct({ topics: list(struct({ name: string, partitions: list(struct({ partition: int32 })) })) }),
  answer: struct({
    errorCode,
    errorMessage,
    topics: list(
      struct({
        name: string,
        partitions: list(
          struct({
            partition: int32,
            errorCode,
            errorMessage,
            leader: int32,
            leaderEpoch: int32,
            highWatermark: int64,
            voters: list(quorumReplica),
            observers: list(quorumReplica),
          }),
        ),
      }),
    ),
    nodes: list(struct({ id: int32, listeners: list(listener) })),
  }),
} as const;

export const addRaftVoter = {
  name: "AddRaftVoter",
  key: 80,
  version: 0,
  question: struct({
    clusterId: nullableString,
    timeoutMs: int32,
    voter: int32,
    directory: uuid,
    listeners: list(listener),
  }),
  answer: outcome,
} as const;

export const removeRaftVoter = {
  name: "RemoveRaftVoter",
  key: 81,
  version: 0,
  question: struct({ clusterId: nullableString, voter: int32, directory: uuid }),
  answer: outcome,
} as const;

export const unregisterBroker = {
  name: "UnregisterBroker",
  key: 64,
  version: 0,
  question: struct({ broker: int32 }),
  answer: outcome,
} as const;

const partitionsOfTopic = struct({ topic: string, partitions: list(int32) });

export const electLeaders = {
  name: "ElectLeaders",
  key: 43,
  version: 2,
  question: struct({ electionType: int8, topics: nullableList(partitionsOfTopic), timeoutMs: int32 }),
  answer: struct({
    throttleMs,
    errorCode,
    results: list(struct({ topic: string, partitions: outcomesOfPartitions })),
  }),
} as const;

export const alterReassignments = {
  name: "AlterPartitionReassignments",
  key: 45,
  version: 0,
  question: struct({
    timeoutMs: int32,
    topics: list(
      struct({ name: string, partitions: list(struct({ partition: int32, replicas: nullableList(int32) })) }),
    ),
  }),
  answer: struct({
    throttleMs,
    errorCode,
    errorMessage,
    topics: list(struct({ name: string, partitions: outcomesOfPartitions })),
  }),
} as const;

export const listReassignments = {
  name: "ListPartitionReassignments",
  key: 46,
  version: 0,
  question: struct({ timeoutMs: int32, topics: nullableList(partitionsOfTopic) }),
  answer: struct({
    throttleMs,
    errorCode,
    errorMessage,
    topics: list(
      struct({
        name: string,
        partitions: list(
          struct({ partition: int32, replicas: list(int32), adding: list(int32), removing: list(int32) }),
        ),
      }),
    ),
  }),
} as const;

export const describeLogDirs = {
  name: "DescribeLogDirs",
  key: 35,
  version: 4,
  question: struct({ topics: nullableList(partitionsOfTopic) }),
  answer: struct({
    throttleMs,
    errorCode,
    dirs: list(
      struct({
        errorCode,
        path: string,
        topics: list(
          struct({
            name: string,
            partitions: list(struct({ partition: int32, size: int64, lag: int64, future: bool })),
          }),
        ),
        totalBytes: int64,
        usableBytes: int64,
      }),
    ),
  }),
} as const;

export const describeConfigs = {
  name: "DescribeConfigs",
  key: 32,
  version: 4,
  question: struct({
    resources: list(struct({ type: int8, name: string, keys: nullableList(string) })),
    synonyms: bool,
    documentation: bool,
  }),
  answer: struct({
    throttleMs,
    results: list(
      struct({
        errorCode,
        errorMessage,
        type: int8,
        name: string,
        configs: list(
          struct({
            name: string,
            value: nullableString,
            readOnly: bool,
            source: int8,
            sensitive: bool,
            synonyms: list(struct({ name: string, value: nullableString, source: int8 })),
            type: int8,
            documentation: nullableString,
          }),
        ),
      }),
    ),
  }),
} as const;

export const alterConfigs = {
  name: "IncrementalAlterConfigs",
  key: 44,
  version: 1,
  question: struct({
    resources: list(
      struct({
        type: int8,
        name: string,
        configs: list(struct({ name: string, operation: int8, value: nullableString })),
      }),
    ),
    validateOnly: bool,
  }),
  answer: struct({
    throttleMs,
    responses: list(struct({ errorCode, errorMessage, type: int8, name: string })),
  }),
} as const;

export const createTopics = {
  name: "CreateTopics",
  key: 19,
  version: 5,
  question: struct({
    topics: list(
      struct({
        name: string,
        partitions: int32,
        replicationFactor: int16,
        assignments: list(struct({ partition: int32, brokers: list(int32) })),
        configs: list(struct({ name: string, value: nullableString })),
      }),
    ),
    timeoutMs: int32,
    validateOnly: bool,
  }),
  answer: struct({
    throttleMs,
    topics: list(
      struct({
        name: string,
        errorCode,
        errorMessage,
        partitions: int32,
        replicationFactor: int16,
        configs: list(struct({ name: string, value: nullableString, readOnly: bool, source: int8, sensitive: bool })),
      }),
    ),
  }),
} as const;

export const deleteTopics = {
  name: "DeleteTopics",
  key: 20,
  version: 5,
  question: struct({ names: list(string), timeoutMs: int32 }),
  answer: struct({ throttleMs, results: list(struct({ name: string, errorCode, errorMessage })) }),
} as const;

export const createPartitions = {
  name: "CreatePartitions",
  key: 37,
  version: 3,
  question: struct({
    topics: list(struct({ name: string, count: int32, assignments: nullableList(struct({ brokers: list(int32) })) })),
    timeoutMs: int32,
    validateOnly: bool,
  }),
  answer: struct({ throttleMs, results: list(struct({ name: string, errorCode, errorMessage })) }),
} as const;

export const apiVersions = {
  name: "ApiVersions",
  key: 18,
  version: 3,
  question: struct({ clientName: string, clientVersion: string }),
  answer: taggedStruct(
    { errorCode, keys: list(struct({ key: int16, min: int16, max: int16 })), throttleMs },
    {
      supported: { tag: 0, type: list(struct({ name: string, min: int16, max: int16 })) },
      finalized: { tag: 2, type: list(struct({ name: string, max: int16, min: int16 })) },
    },
  ),
  untaggedHeader: true,
} as const;

export const updateFeatures = {
  name: "UpdateFeatures",
  key: 57,
  version: 2,
  question: struct({
    timeoutMs: int32,
    features: list(struct({ name: string, level: int16, upgradeType: int8 })),
    validateOnly: bool,
  }),
  answer: outcome,
} as const;

export const listOffsets = {
  name: "ListOffsets",
  key: 2,
  version: 6,
  question: struct({
    replica: int32,
    isolationLevel: int8,
    topics: list(
      struct({ name: string, partitions: list(struct({ partition: int32, leaderEpoch: int32, timestamp: int64 })) }),
    ),
  }),
  answer: struct({
    throttleMs,
    topics: list(
      struct({
        name: string,
        partitions: list(struct({ partition: int32, errorCode, timestamp: int64, offset: int64, leaderEpoch: int32 })),
      }),
    ),
  }),
} as const;

export const deleteRecords = {
  name: "DeleteRecords",
  key: 21,
  version: 2,
  question: struct({
    topics: list(struct({ name: string, partitions: list(struct({ partition: int32, offset: int64 })) })),
    timeoutMs: int32,
  }),
  answer: struct({
    throttleMs,
    topics: list(
      struct({ name: string, partitions: list(struct({ partition: int32, lowWatermark: int64, errorCode })) }),
    ),
  }),
} as const;

export const findCoordinator = {
  name: "FindCoordinator",
  key: 10,
  version: 4,
  question: struct({ keyType: int8, keys: list(string) }),
  answer: struct({
    throttleMs,
    coordinators: list(struct({ key: string, node: int32, host: string, port: int32, errorCode, errorMessage })),
  }),
} as const;

export const fetchOffsets = {
  name: "OffsetFetch",
  key: 9,
  version: 7,
  question: struct({ group: string, topics: nullableList(partitionsOfTopic), requireStable: bool }),
  answer: struct({
    throttleMs,
    topics: list(
      struct({
        name: string,
        partitions: list(
          struct({ partition: int32, offset: int64, leaderEpoch: int32, metadata: nullableString, errorCode }),
        ),
      }),
    ),
    errorCode,
  }),
} as const;

export const deleteGroups = {
  name: "DeleteGroups",
  key: 42,
  version: 2,
  question: struct({ groups: list(string) }),
  answer: struct({ throttleMs, results: list(struct({ group: string, errorCode })) }),
} as const;

export const describeScramCredentials = {
  name: "DescribeUserScramCredentials",
  key: 50,
  version: 0,
  question: struct({ users: nullableList(struct({ name: string })) }),
  answer: struct({
    throttleMs,
    errorCode,
    errorMessage,
    results: list(
      struct({
        user: string,
        errorCode,
        errorMessage,
        credentials: list(struct({ mechanism: int8, iterations: int32 })),
      }),
    ),
  }),
} as const;

export const alterScramCredentials = {
  name: "AlterUserScramCredentials",
  key: 51,
  version: 0,
  question: struct({
    deletions: list(struct({ name: string, mechanism: int8 })),
    upsertions: list(struct({ name: string, mechanism: int8, iterations: int32, salt: bytes, saltedPassword: bytes })),
  }),
  answer: struct({ throttleMs, results: list(struct({ user: string, errorCode, errorMessage })) }),
} as const;

/** In a filter, null matches every name. */
const aclFilter = struct({
  resourceType: int8,
  name: nullableString,
  patternType: int8,
  principal: nullableString,
  host: nullableString,
  operation: int8,
  permission: int8,
});

export const describeAcls = {
  name: "DescribeAcls",
  key: 29,
  version: 3,
  question: aclFilter,
  answer: struct({
    throttleMs,
    errorCode,
    errorMessage,
    resources: list(
      struct({
        resourceType: int8,
        name: string,
        patternType: int8,
        acls: list(struct({ principal: string, host: string, operation: int8, permission: int8 })),
      }),
    ),
  }),
} as const;

export const createAcls = {
  name: "CreateAcls",
  key: 30,
  version: 3,
  question: struct({
    creations: list(
      struct({
        resourceType: int8,
        name: string,
        patternType: int8,
        principal: string,
        host: string,
        operation: int8,
        permission: int8,
      }),
    ),
  }),
  answer: struct({ throttleMs, results: list(struct({ errorCode, errorMessage })) }),
} as const;

export const deleteAcls = {
  name: "DeleteAcls",
  key: 31,
  version: 3,
  question: struct({ filters: list(aclFilter) }),
  answer: struct({
    throttleMs,
    results: list(
      struct({
        errorCode,
        errorMessage,
        matching: list(
          struct({
            errorCode,
            errorMessage,
            resourceType: int8,
            name: string,
            patternType: int8,
            principal: string,
            host: string,
            operation: int8,
            permission: int8,
          }),
        ),
      }),
    ),
  }),
} as const;

/** A name of null is the default of all entities of the type. */
const quotaEntity = list(struct({ type: string, name: nullableString }));

export const describeQuotas = {
  name: "DescribeClientQuotas",
  key: 48,
  version: 1,
  question: struct({
    components: list(struct({ type: string, matchType: int8, match: nullableString })),
    strict: bool,
  }),
  answer: struct({
    throttleMs,
    errorCode,
    errorMessage,
    entries: list(struct({ entity: quotaEntity, values: list(struct({ key: string, value: float64 })) })),
  }),
} as const;

export const alterQuotas = {
  name: "AlterClientQuotas",
  key: 49,
  version: 1,
  question: struct({
    entries: list(struct({ entity: quotaEntity, ops: list(struct({ key: string, value: float64, remove: bool })) })),
    validateOnly: bool,
  }),
  answer: struct({
    throttleMs,
    entries: list(struct({ errorCode, errorMessage, entity: quotaEntity })),
  }),
} as const;
