import { ANONYMOUS, type Job, jobName, principalOf } from "../plan/principals";
import { type Acl, aclsOf, addAcls, removeAcls } from "../protocol/acls";
import type { Connection } from "../protocol/connection";
import { VERIFICATION_TOPIC_PREFIX } from "./verificationTopics";

/** Operations on the cluster, on topics and on consumer groups. */
interface Rights {
  readonly cluster?: readonly string[];
  /** On all topics. */
  readonly topics?: readonly string[];
  /** On topics and groups whose names begin as the verification's. */
  readonly verifications?: { readonly topics: readonly string[]; readonly groups: readonly string[] };
}

/** To look at everything but records. */
const LOOK = { cluster: ["Describe", "DescribeConfigs"], topics: ["Describe", "DescribeConfigs"] };
/**
 * To move replicas, with limits of their traffic, and to change voters. Kafka has no finer operation for these than `Alter` of the
 * cluster, which also permits to change ACLs.
 */
const MOVE = {
  cluster: [...LOOK.cluster, "Alter", "AlterConfigs"],
  topics: [...LOOK.topics, "AlterConfigs"],
};

/**
 * What each Job may do; docs/encryption.md lists it. The roll is a super user, since it is the Job that writes these ACLs.
 *
 * @see https://kafka.apache.org/documentation/#operations_in_kafka
 */
export const rightsOfJobs: Readonly<Record<Exclude<Job, "roll">, Rights>> = {
  drain: MOVE,
  rebalance: MOVE,
  gate: LOOK,
  certificates: { cluster: ["AlterConfigs"] },
  topics: { cluster: [...MOVE.cluster, "Create"], topics: [...MOVE.topics, "Alter"] },
  users: { cluster: [...LOOK.cluster, "Alter", "AlterConfigs"] },
  verification: {
    // To elect leaders needs `Alter`.
    cluster: [...LOOK.cluster, "Alter"],
    topics: LOOK.topics,
    verifications: {
      topics: ["Create", "Delete", "Read", "Write"],
      groups: ["Describe", "Read", "Delete"],
    },
  },
};

/** Previews and `make health` ask a broker by port-forward, at its loopback address, where it knows nobody. */
const rightsOfPreviews: Rights = LOOK;

/** The ACLs of all Jobs and of previews. @param cluster name of the Kafka cluster */
export function plannedAcls(cluster: string): Acl[] {
  const jobs = Object.entries(rightsOfJobs) as [Job, Rights][];
  return [
    ...jobs.flatMap(([job, rights]) => aclsFor(principalOf(jobName(cluster, job)), rights)),
    ...aclsFor(ANONYMOUS, rightsOfPreviews),
  ];
}

function aclsFor(principal: string, { cluster = [], topics = [], verifications }: Rights): Acl[] {
  const acls = (resource: string, name: string, pattern: string, operations: readonly string[]): Acl[] =>
    operations.map((operation) => ({ principal, resource, name, pattern, operation, permission: "Allow", host: "*" }));
  return [
    ...acls("Cluster", "kafka-cluster", "literal", cluster),
    ...acls("Topic", "*", "literal", topics),
    ...acls("Topic", VERIFICATION_TOPIC_PREFIX, "prefixed", verifications?.topics ?? []),
    ...acls("Group", VERIFICATION_TOPIC_PREFIX, "prefixed", verifications?.groups ?? []),
  ];
}

/** Gives Jobs and previews their rights, and takes away others that they have. Others' ACLs stay. */
export async function grantRights(kafka: Connection, cluster: string): Promise<void> {
  const planned = plannedAcls(cluster);
  const principals = new Set(planned.map(({ principal }) => principal));
  const found = (await aclsOf(kafka)) ?? [];
  const missing = planned.filter((acl) => !found.some((each) => isSame(each, acl)));
  const surplus = found.filter((acl) => principals.has(acl.principal) && !planned.some((each) => isSame(each, acl)));
  if (missing.length > 0) await addAcls(kafka, missing);
  if (surplus.length > 0) await removeAcls(kafka, surplus);
}

function isSame(one: Acl, other: Acl): boolean {
  return (Object.keys(one) as (keyof Acl)[]).every((key) => one[key] === other[key]);
}
