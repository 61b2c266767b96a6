import { createHash, randomBytes } from "node:crypto";
import { type ClientLogin, clientFiles } from "../plan/clientFiles";

/** The Secret with a user's login, which Pulumi makes empty, and deletes with the user. */
export interface UserSecret {
  /** Its files by name. @throws Fatal if somebody has deleted it */
  read(): Promise<Record<string, string>>;
  /** Writes files, and leaves all others as they are. */
  write(files: Readonly<Record<string, string>>): Promise<void>;
}

/** Bytes of a password; in base64url it has 43 characters, none of which any client's config needs to escape. */
const PASSWORD_BYTES = 32;
const PASSWORD = /^[A-Za-z0-9_-]{43}$/;

export function newPassword(): string {
  return randomBytes(PASSWORD_BYTES).toString("base64url");
}

/** The password in a Secret; undefined if there is none of this program's, and a new one has to be made. */
export function passwordIn({ password = "" }: Readonly<Record<string, string>>): string | undefined {
  return PASSWORD.test(password) ? password : undefined;
}

/** Kafka's limit is 16384. */
const LEAST_ITERATIONS = 8192;

/**
 * Iterations of the login with a password. Kafka tells nothing else of a login, so they follow from the password: a login by
 * another one has others, but for one in some thousand, and is found as drift.
 */
export function iterationsFor(password: string): number {
  return LEAST_ITERATIONS + (createHash("sha512").update(password).digest().readUInt16BE(0) % LEAST_ITERATIONS);
}

/** What a Secret says of its user's login, without the password. */
export type LoginState =
  /** Why it has no password, in words. */
  | { readonly lacking: string }
  | {
      readonly iterations: number;
      /** Names of the files that aren't as clients need them. */
      readonly outdated: readonly string[];
    };

/** @param files of the Secret; undefined if somebody has deleted it */
export function loginState(
  files: Readonly<Record<string, string>> | undefined,
  access: Omit<ClientLogin, "password">,
): LoginState {
  if (!files) return { lacking: "its Secret is gone" };
  const password = passwordIn(files);
  if (password === undefined) return { lacking: "its Secret has no password" };
  const wanted = Object.entries(clientFiles({ ...access, password }));
  const outdated = wanted.flatMap(([name, text]) => (files[name] === text ? [] : [name]));
  return { iterations: iterationsFor(password), outdated };
}

/** A Secret's files, as the API server has them. */
export function decoded(data: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(data).map(([name, text]) => [name, Buffer.from(text, "base64").toString()]));
}

/** Why a Job or a preview stops at a Secret that somebody has deleted. */
export function deletedSecret(name: string): string {
  return (
    `the Secret ${name} with a user's login is gone: somebody has deleted it. bin/pulumi refresh notices that, and bin/pulumi up ` +
    "after it makes the Secret again, with a new password. The user was not touched. [KK820]"
  );
}
