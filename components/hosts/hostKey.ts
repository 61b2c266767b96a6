import { Refusal } from "../refusal";

/**
 * Finds a host's public key in a command's output, to which the login's start-up files may have added lines.
 *
 * @example "Welcome\nssh-ed25519 AAAAC3Nz…" → "ssh-ed25519 AAAAC3Nz…"
 * @throws Refusal with a sentence for the user (KK783) where there is none
 */
export function hostKeyIn(printed: string, host: string): string {
  const keys = printed.match(/(?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp\d+) \S+/g);
  if (keys) return keys.at(-1)!;
  throw new Refusal(
    `${host}: no host key in what its login printed, ${JSON.stringify(printed.slice(-200))}. A login must run the command ` +
      `that it is given: correct its shell's start-up files, then: bin/pulumi up --replace '**::${host}-host-key' [KK783]`,
  );
}
