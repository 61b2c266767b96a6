import { pbkdf2, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import type { Asker } from "./connection";
import { codes, failOn } from "./errors";
import { alterScramCredentials, describeScramCredentials } from "./requests";

/** A user's login by SCRAM. Kafka tells nothing else of it. */
export interface Login {
  readonly mechanism: string;
  readonly iterations: number;
}

/** Kafka's numbers of the mechanisms. @see org.apache.kafka.clients.admin.ScramMechanism */
const mechanisms: readonly string[] = ["none", "SCRAM-SHA-256", "SCRAM-SHA-512"];

/** The mechanism of the logins that this program makes. */
export const MECHANISM = "SCRAM-SHA-512";
const HASH = "sha512";
const HASH_BYTES = 64;
const SALT_BYTES = 32;

/** Logins of each of the users; none for one that has no login. */
export async function loginsOf(kafka: Asker, users: readonly string[]): Promise<Map<string, Login[]>> {
  const answer = await kafka.ask(describeScramCredentials, { users: users.map((name) => ({ name })) });
  failOn("users' logins can't be read", answer);
  return new Map(
    answer.results.map((result) => {
      failOn(`the login of ${result.user} can't be read`, result, [codes.resourceNotFound]);
      const logins = result.credentials.map(({ mechanism, iterations }) => ({
        mechanism: mechanisms[mechanism] ?? String(mechanism),
        iterations,
      }));
      return [result.user, logins];
    }),
  );
}

/**
 * Lets a user log in with a password, and with no other one by the same mechanism. Kafka gets the salted password alone.
 *
 * @param iterations from 4096 to 16384
 * @see RFC 5802 (SCRAM), KIP-554 (this request)
 */
export async function setLogin(kafka: Asker, user: string, password: string, iterations: number): Promise<void> {
  const salt = randomBytes(SALT_BYTES);
  const saltedPassword = await promisify(pbkdf2)(password, salt, iterations, HASH_BYTES, HASH);
  const upsertion = { name: user, mechanism: numberOf(MECHANISM), iterations, salt, saltedPassword };
  await alter(kafka, { deletions: [], upsertions: [upsertion] });
}

/** Takes a user's logins away. Succeeds for those that don't exist. */
export async function removeLogins(kafka: Asker, user: string, logins: readonly Login[]): Promise<void> {
  // Kafka refuses two changes of one user in one request.
  for (const { mechanism } of logins) {
    await alter(kafka, { deletions: [{ name: user, mechanism: numberOf(mechanism) }], upsertions: [] });
  }
}

async function alter(
  kafka: Asker,
  question: Parameters<typeof alterScramCredentials.question.write>[1],
): Promise<void> {
  const answer = await kafka.ask(alterScramCredentials, question);
  for (const each of answer.results) {
    failOn(`the login of ${each.user} can't be changed`, each, [codes.resourceNotFound]);
  }
}

function numberOf(mechanism: string): number {
  return mechanisms.includes(mechanism) ? mechanisms.indexOf(mechanism) : Number(mechanism);
}
