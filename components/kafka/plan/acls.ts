/**
 * Kafka's operations, by the type of resource that they are for; both in the spelling of Kafka's tools. A release that adds one
 * needs it here, and its number in protocol/acls.ts.
 *
 * @see org.apache.kafka.security.authorizer.AclEntry.supportedOperations
 */
const operations = {
  Topic: ["Read", "Write", "Create", "Delete", "Alter", "Describe", "DescribeConfigs", "AlterConfigs"],
  Group: ["Read", "Delete", "Describe", "DescribeConfigs", "AlterConfigs"],
  Cluster: ["Create", "Alter", "Describe", "ClusterAction", "DescribeConfigs", "AlterConfigs", "IdempotentWrite"],
  TransactionalId: ["Write", "Describe", "TwoPhaseCommit"],
  DelegationToken: ["Describe"],
  User: ["CreateTokens", "DescribeTokens"],
} as const;

export type ResourceType = keyof typeof operations;
export type Operation = (typeof operations)[ResourceType][number] | "All";
/** Whether an ACL is for one name, or for all names that begin with it. */
export type Pattern = "literal" | "prefixed";
export type Permission = "Allow" | "Deny";

export const resourceTypes = Object.keys(operations) as readonly ResourceType[];
export const patterns = ["literal", "prefixed"] as const satisfies readonly Pattern[];
export const permissions = ["Allow", "Deny"] as const satisfies readonly Permission[];

/** All of a resource's operations, those of later releases included. */
const ALL = "All";
/** In place of a name or a host: each. */
export const ANY = "*";
/** The only resource of the type Cluster. */
const CLUSTER = "kafka-cluster";

/** The operations that fit a type of resource. */
export function operationsOn(resource: ResourceType): readonly Operation[] {
  return [...operations[resource], ALL];
}

/** All operations, whatever they are for. */
export const allOperations: readonly Operation[] = [...new Set(resourceTypes.flatMap(operationsOn))];

/** What a user may do, or may not, with one resource or several, as the stack's config has it. */
export interface AclArgs {
  /** Type of the resources. */
  readonly resource: ResourceType;
  /**
   * Name of the resource, or `*` for all of this type; for `prefixed` what the names begin with.
   * @default "kafka-cluster" for the type Cluster, which has one; all others need a name
   */
  readonly name?: string | undefined;
  /** Whether the ACL is for one name, or for all that begin with it. @default "literal" */
  readonly pattern?: Pattern;
  /** Operations that fit the type. @example ["Read", "Describe"] */
  readonly operations: readonly string[];
  /** @default "Allow" */
  readonly permission?: Permission;
  /** IPv4 addresses of the clients, or `*` for all. @default ["*"] */
  readonly hosts?: readonly string[];
}

/** One of Kafka's ACLs, without the user that it is for. */
export interface AclBinding {
  readonly resource: ResourceType;
  readonly name: string;
  readonly pattern: Pattern;
  readonly operation: Operation;
  readonly permission: Permission;
  readonly host: string;
}

/** The ACLs that Kafka has to have for an entry of the config: one for each operation and host. */
export function bindingsOf({ resource, name, pattern, operations, permission, hosts }: AclArgs): AclBinding[] {
  return operations.flatMap((operation) =>
    (hosts ?? [ANY]).map((host) => ({
      resource,
      name: name ?? CLUSTER,
      pattern: pattern ?? "literal",
      operation: operation as Operation,
      permission: permission ?? "Allow",
      host,
    })),
  );
}

/**
 * An ACL in words, the same for the same ACL and for no other.
 *
 * @example "Allow Read on Topic orders", "Deny All on Group prefixed orders- from 10.0.0.4"
 */
export function inWords({ resource, name, pattern, operation, permission, host }: AclBinding): string {
  const prefixed = pattern === "prefixed" ? " prefixed" : "";
  return `${permission} ${operation} on ${resource}${prefixed} ${name}${host === ANY ? "" : ` from ${host}`}`;
}

/** Why an entry's name can't be one of its type, and what to set instead; undefined if it can. */
export function whyUnfit({ resource, name, pattern }: AclArgs): string | undefined {
  if (resource === "Cluster") {
    if (name !== undefined) return `a cluster is the only one of its kind: remove the name`;
    return pattern === "prefixed" ? `a cluster is the only one of its kind: remove the pattern` : undefined;
  }
  if (name === undefined) return `a ${resource} needs a name; set one, or "*" for all`;
  if (name === ANY) {
    return pattern === "prefixed"
      ? `only names that begin with an asterisk have the prefix *; set pattern to literal`
      : undefined;
  }
  if (resource === "Topic" && !(pattern === "prefixed" ? TOPIC_PREFIX : TOPIC).test(name)) {
    return `no topic can have this name: A-Z, a-z, 0-9, ., _ and -, at most 249 characters, not . or ..`;
  }
  return resource === "User" && !name.startsWith("User:")
    ? `a user is named with its type, such as User:${name}`
    : undefined;
}

const TOPIC_PREFIX = /^[A-Za-z0-9._-]{1,249}$/;
const TOPIC = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/;
