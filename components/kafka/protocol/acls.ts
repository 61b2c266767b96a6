import type { Asker } from "./connection";
import { codes, failOn } from "./errors";
import { createAcls, deleteAcls, describeAcls } from "./requests";

/** One of Kafka's ACLs. Names of types and operations are in the spelling of Kafka's tools; those of later releases are numbers. */
export interface Acl {
  readonly principal: string;
  readonly resource: string;
  readonly name: string;
  readonly pattern: string;
  readonly operation: string;
  readonly permission: string;
  readonly host: string;
}

/** @see org.apache.kafka.common.resource.ResourceType */
const resources = { Topic: 2, Group: 3, Cluster: 4, TransactionalId: 5, DelegationToken: 6, User: 7 };
/** @see org.apache.kafka.common.resource.PatternType */
const patterns = { literal: 3, prefixed: 4 };
/** @see org.apache.kafka.common.acl.AclPermissionType */
const permissions = { Deny: 2, Allow: 3 };
/** @see org.apache.kafka.common.acl.AclOperation */
const operations = {
  All: 2,
  Read: 3,
  Write: 4,
  Create: 5,
  Delete: 6,
  Alter: 7,
  Describe: 8,
  ClusterAction: 9,
  DescribeConfigs: 10,
  AlterConfigs: 11,
  IdempotentWrite: 12,
  CreateTokens: 13,
  DescribeTokens: 14,
  TwoPhaseCommit: 15,
};
/** In a filter: each. */
const ANY = 1;

/**
 * ACLs of one principal, or of all.
 *
 * @param principal @example "User:orders" @default all
 * @returns undefined if Kafka has no authorizer, and so tells nothing of ACLs
 */
export async function aclsOf(kafka: Asker, principal: string | null = null): Promise<Acl[] | undefined> {
  const filter = { resourceType: ANY, name: null, patternType: ANY, host: null, operation: ANY, permission: ANY };
  const answer = await kafka.ask(describeAcls, { ...filter, principal });
  if (answer.errorCode === codes.securityDisabled) return undefined;
  failOn("ACLs can't be read", answer);
  return answer.resources.flatMap(({ resourceType, name, patternType, acls }) =>
    acls.map((acl) => ({
      principal: acl.principal,
      resource: nameIn(resources, resourceType),
      name,
      pattern: nameIn(patterns, patternType),
      operation: nameIn(operations, acl.operation),
      permission: nameIn(permissions, acl.permission),
      host: acl.host,
    })),
  );
}

/** Creates ACLs. Succeeds for those that exist. */
export async function addAcls(kafka: Asker, acls: readonly Acl[]): Promise<void> {
  const answer = await kafka.ask(createAcls, { creations: acls.map(numbersOf) });
  for (const [at, result] of answer.results.entries()) failOn(`${textOf(acls[at]!)} can't be made`, result);
}

/** Deletes ACLs. Succeeds for those that don't exist. */
export async function removeAcls(kafka: Asker, acls: readonly Acl[]): Promise<void> {
  const answer = await kafka.ask(deleteAcls, { filters: acls.map(numbersOf) });
  for (const [at, result] of answer.results.entries()) {
    for (const each of [result, ...result.matching]) failOn(`${textOf(acls[at]!)} can't be deleted`, each);
  }
}

function numbersOf({ principal, resource, name, pattern, operation, permission, host }: Acl) {
  return {
    resourceType: numberIn(resources, resource),
    name,
    patternType: numberIn(patterns, pattern),
    principal,
    host,
    operation: numberIn(operations, operation),
    permission: numberIn(permissions, permission),
  };
}

function textOf({ principal, resource, name, operation }: Acl): string {
  return `the ACL of ${principal} for ${operation} on ${resource} ${name}`;
}

function nameIn(numbers: Readonly<Record<string, number>>, number: number): string {
  return Object.entries(numbers).find(([, each]) => each === number)?.[0] ?? String(number);
}

function numberIn(numbers: Readonly<Record<string, number>>, name: string): number {
  return numbers[name] ?? Number(name);
}
