import type { Asker } from "./connection";
import { failOn } from "./errors";
import { alterQuotas, describeQuotas } from "./requests";

/** Quotas of a user, of all its clients or of those with one id. */
export interface Quotas {
  readonly user: string;
  /** Id of the clients, or null for the default of ids without quotas of their own. @default all of the user's clients */
  readonly clientId?: string | null;
  /** Values by Kafka's names. @example { producer_byte_rate: 1048576 } */
  readonly values: Readonly<Record<string, number>>;
}

const USER = "user";
const CLIENT_ID = "client-id";
const [EXACTLY, ANY_NAME] = [0, 2];

/** Quotas of one user, or of all users that have some. @param user @default all */
export async function quotasOf(kafka: Asker, user: string | null = null): Promise<Quotas[]> {
  const component = { type: USER, matchType: user === null ? ANY_NAME : EXACTLY, match: user };
  const answer = await kafka.ask(describeQuotas, { components: [component], strict: false });
  failOn("users' quotas can't be read", answer);
  return answer.entries.flatMap(({ entity, values }) => {
    const names = new Map(entity.map(({ type, name }) => [type, name]));
    const of = names.get(USER);
    const clientId = names.get(CLIENT_ID);
    if (of === undefined || of === null) return [];
    const found = Object.fromEntries(values.map(({ key, value }) => [key, value]));
    return [{ user: of, ...(clientId !== undefined && { clientId }), values: found }];
  });
}

/** Changes quotas of a user and leaves all others as they are; null removes one. */
export async function setQuotas(
  kafka: Asker,
  { user, clientId }: Pick<Quotas, "user" | "clientId">,
  changes: Readonly<Record<string, number | null>>,
): Promise<void> {
  const ofClients = clientId === undefined ? [] : [{ type: CLIENT_ID, name: clientId }];
  const ops = Object.entries(changes).map(([key, value]) => ({ key, value: value ?? 0, remove: value === null }));
  const entries = [{ entity: [{ type: USER, name: user }, ...ofClients], ops }];
  const answer = await kafka.ask(alterQuotas, { entries, validateOnly: false });
  for (const each of answer.entries) failOn(`quotas of ${user} can't be changed`, each);
}
