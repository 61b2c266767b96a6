import { Fatal } from "../../failures";
import { Deadline } from "../../programs/inPod/waiting";
import { clientFiles } from "../plan/clientFiles";
import { principalOf } from "../plan/userNames";
import { aclsOf, addAcls, removeAcls } from "../protocol/acls";
import type { Asker, Connection } from "../protocol/connection";
import { quotasOf, setQuotas } from "../protocol/quotas";
import { loginsOf, removeLogins, setLogin } from "../protocol/scram";
import type { RemovedUsersReport, RemovedUsersTask, UserReport, UserTask } from "./task";
import { changesOf, isNothing, remainsOf, type User, type UserChange, userDifferences } from "./userDifference";
import { iterationsFor, loginState, newPassword, passwordIn, type UserSecret } from "./userSecret";

const DEADLINE_SECONDS = 180;

/** Names of the users that the config has, or had until their rights are taken away; stored from run to run. */
export interface UserNames {
  read(): Promise<string[]>;
  add(name: string): Promise<void>;
  remove(names: readonly string[]): Promise<void>;
}

/**
 * Creates a user, or changes it to what the config says, and waits until each broker knows. The login is made anew in each run,
 * by the same password, since Kafka doesn't tell whether it has that one. New ACLs come before old ones go: so nothing is
 * refused meanwhile that both allow, and nothing allowed that both refuse.
 *
 * @param authorities certificates of the authorities, in PEM
 * @throws Fatal if Kafka refuses the user, or has no authorizer
 */
export async function applyUser(
  kafka: Connection,
  { user, loginServers }: UserTask,
  secret: UserSecret,
  names: UserNames,
  authorities: string,
): Promise<Omit<UserReport, "seconds">> {
  const { name } = user;
  // The name is stored first, so that a user of an interrupted run is removed if it leaves the config.
  await names.add(name);
  const stored = await secret.read();
  const access = { username: name, bootstrapServers: loginServers, authorities };
  const password = passwordIn(stored) ?? newPassword();
  const iterations = iterationsFor(password);

  let changed: string[] | undefined;
  let hasLogin = false;
  await new Deadline(DEADLINE_SECONDS).waitUntil(`the user ${name} as configured`, async () => {
    const seen = (await onEachBroker(kafka, [name])).map((users) => users.get(name)!);
    if (seen.some(({ acls }) => acls === undefined)) throw new Fatal(noAuthorizer(name));
    changed ??= userDifferences(user, seen[0]!, loginState(stored, access));
    if (!hasLogin) {
      // The Secret has the password before Kafka does, so that an interrupted run can't lose it.
      await secret.write(clientFiles({ ...access, password }));
      await setLogin(kafka, name, password, iterations);
      hasLogin = true;
    }
    const changes = seen.map((found) => changesOf(user, found)).filter((change) => !isNothing(change));
    if (changes[0]) await make(kafka, name, changes[0]);
    return seen.flatMap((found) => userDifferences(user, found, { iterations, outdated: [] }));
  });
  return { changed: changed! };
}

/**
 * Takes login, ACLs and quotas from users that are no longer in the config, and waits until no broker knows of any. Connections
 * stay, but may do nothing any more. If Kafka has no authorizer, it keeps ACLs until it has one, and the next run takes them.
 *
 * @param endJobs ends the Jobs of removed users, which an interrupted `up` may have left: one would give back what is taken here
 */
export async function removeUsers(
  kafka: Connection,
  { configured }: RemovedUsersTask,
  names: UserNames,
  endJobs: (users: readonly string[]) => Promise<void>,
  log: (line: string) => void,
): Promise<Omit<RemovedUsersReport, "seconds">> {
  const removed = (await names.read()).filter((name) => !configured.includes(name));
  if (removed.length === 0) return { removed };
  await endJobs(removed);
  let kept: string[] = [];
  await new Deadline(DEADLINE_SECONDS).waitUntil("the end of removed users' rights", async () => {
    const seen = (await onEachBroker(kafka, removed)).flatMap((users) => [...users.values()]);
    const remaining = new Map(
      seen.map((found) => [found.name, remainsOf(found)] as const).filter(([, remains]) => !isNothing(remains)),
    );
    for (const [name, remains] of remaining) await make(kafka, name, remains);
    kept = seen.filter(({ acls }) => acls === undefined).map(({ name }) => name);
    return [...remaining.keys()].map((name) => `${name} is being removed`);
  });
  const gone = removed.filter((name) => !kept.includes(name));
  if (gone.length < removed.length) log("Kafka has no authorizer, so that it can't be asked to delete ACLs");
  await names.remove(gone);
  return { removed: gone };
}

/** Users as a broker knows them, by name, also those of whom it knows nothing. */
export async function usersOf(kafka: Asker, names: readonly string[]): Promise<Map<string, User>> {
  // Many users are read in one request, and all others' with them.
  const one = names.length === 1 ? names[0]! : null;
  const [logins, acls, quotas] = await Promise.all([
    loginsOf(kafka, names),
    aclsOf(kafka, one && principalOf(one)),
    quotasOf(kafka, one),
  ]);
  const aclsBy = acls && Map.groupBy(acls, ({ principal }) => principal);
  const quotasBy = Map.groupBy(quotas, ({ user }) => user);
  return new Map(
    names.map((name) => [
      name,
      {
        name,
        logins: logins.get(name) ?? [],
        acls: aclsBy && (aclsBy.get(principalOf(name)) ?? []),
        quotas: quotasBy.get(name) ?? [],
      },
    ]),
  );
}

/** Users as each of the serving brokers knows them. A broker that lags behind could still let a removed user in. */
async function onEachBroker(kafka: Connection, names: readonly string[]): Promise<Map<string, User>[]> {
  const { brokers } = await kafka.describe();
  return Promise.all(brokers.map(({ id }) => usersOf(kafka.at(id), names)));
}

async function make(kafka: Asker, name: string, change: UserChange): Promise<void> {
  const { missingAcls, unwantedAcls, unwantedLogins, quotas } = change;
  await removeLogins(kafka, name, unwantedLogins);
  if (missingAcls.length > 0) {
    const principal = principalOf(name);
    await addAcls(
      kafka,
      missingAcls.map((acl) => ({ ...acl, principal })),
    );
  }
  if (unwantedAcls.length > 0) await removeAcls(kafka, unwantedAcls);
  for (const { values, ...of } of quotas) await setQuotas(kafka, of, values);
}

function noAuthorizer(name: string): string {
  return (
    `Kafka has no authorizer, so that ${name} could do whatever it likes. Set kafka.security.encryption to moved or closed, ` +
    "and run bin/pulumi up again. The user was not touched. [KK821]"
  );
}
