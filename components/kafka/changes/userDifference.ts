import { type AclBinding, inWords } from "../plan/acls";
import type { Acl } from "../protocol/acls";
import type { Quotas } from "../protocol/quotas";
import { type Login, MECHANISM } from "../protocol/scram";
import type { UserSpec } from "./task";
import type { LoginState } from "./userSecret";

/** A user as Kafka has it. */
export interface User {
  readonly name: string;
  readonly logins: readonly Login[];
  /** The user's ACLs; undefined if Kafka has no authorizer. */
  readonly acls: readonly Acl[] | undefined;
  /** The user's quotas, also those of its clients with certain ids. */
  readonly quotas: readonly Quotas[];
}

/** What makes a user as configured; the login itself is apart, since it needs the password. */
export interface UserChange {
  readonly missingAcls: readonly AclBinding[];
  readonly unwantedAcls: readonly Acl[];
  readonly unwantedLogins: readonly Login[];
  /** Quotas to set, and null for those to remove. */
  readonly quotas: readonly QuotaChange[];
}

interface QuotaChange extends Pick<Quotas, "user" | "clientId"> {
  readonly values: Readonly<Record<string, number | null>>;
}

/**
 * The changes that make a user as configured. The config owns all of the user: what it doesn't have goes, whoever has made it.
 */
export function changesOf(wanted: UserSpec, { name, logins, acls = [], quotas }: User): UserChange {
  const wantedAcls = new Set(wanted.acls.map(inWords));
  const present = new Set(acls.map((acl) => inWords(acl as Acl & AclBinding)));
  const own = quotas.find(isOfAllClients) ?? { user: name, values: {} };
  const all = [own, ...quotas.filter((each) => each !== own)];
  return {
    missingAcls: wanted.acls.filter((acl) => !present.has(inWords(acl))),
    unwantedAcls: acls.filter((acl) => !wantedAcls.has(inWords(acl as Acl & AclBinding))),
    unwantedLogins: logins.filter(({ mechanism }) => mechanism !== MECHANISM),
    quotas: all.flatMap(({ values, ...of }) => {
      const changes = quotaChanges(of.clientId === undefined ? wanted.quotas : {}, values);
      return Object.keys(changes).length > 0 ? [{ ...of, values: changes }] : [];
    }),
  };
}

/** What a removed user still has: a user without anything in the config, and without a login. */
export function remainsOf(found: User): UserChange {
  const nothing = { name: found.name, acls: [], quotas: {} };
  return { ...changesOf(nothing, found), unwantedLogins: found.logins };
}

export function isNothing({ missingAcls, unwantedAcls, unwantedLogins, quotas }: UserChange): boolean {
  return [missingAcls, unwantedAcls, unwantedLogins, quotas].every((each) => each.length === 0);
}

/**
 * How a user differs from the config.
 *
 * @param login what the user's Secret says
 * @example ["it has no login", "Allow Read on Topic orders is missing", "producer_byte_rate is 5, not 7"]
 */
export function userDifferences(wanted: UserSpec, found: User, login: LoginState): string[] {
  const { missingAcls, unwantedAcls, unwantedLogins, quotas } = changesOf(wanted, found);
  return [
    ...loginDifferences(found, login),
    ...unwantedLogins.map(({ mechanism }) => `it has a login by ${mechanism}`),
    ...missingAcls.map((acl) => `${inWords(acl)} is missing`),
    ...unwantedAcls.map((acl) => `${inWords(acl as Acl & AclBinding)} is not in the config`),
    ...quotas.flatMap((change) => quotaDifferences(change, found)),
  ];
}

function loginDifferences({ logins }: User, login: LoginState): string[] {
  const found = logins.find(({ mechanism }) => mechanism === MECHANISM);
  if (!found) return ["it has no login"];
  if ("lacking" in login) return [login.lacking];
  return [
    ...(found.iterations === login.iterations ? [] : ["its login has another password than its Secret"]),
    ...login.outdated.map((file) => `its Secret's ${file} is out of date`),
  ];
}

function quotaDifferences({ clientId, values }: QuotaChange, { quotas }: User): string[] {
  const found = quotas.find((each) => each.clientId === clientId)?.values ?? {};
  const of = clientId === undefined ? "" : clientId === null ? " of its other clients" : ` of its clients ${clientId}`;
  return Object.entries(values).map(
    ([name, value]) => `${name}${of} is ${found[name] ?? "not set"}, not ${value ?? "without limit"}`,
  );
}

/** Values that differ, and null for those that aren't wanted. */
function quotaChanges(
  wanted: Readonly<Record<string, number>>,
  found: Readonly<Record<string, number>>,
): Record<string, number | null> {
  const lacking = Object.entries(wanted).filter(([name, value]) => found[name] !== value);
  const unwanted = Object.keys(found).filter((name) => !(name in wanted));
  return Object.fromEntries([...lacking, ...unwanted.map((name) => [name, null] as const)]);
}

function isOfAllClients({ clientId }: Quotas): boolean {
  return clientId === undefined;
}
