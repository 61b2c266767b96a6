import { createPrivateKey } from "node:crypto";

/** Whether Pulumi can log in by a private key, as far as its text shows. */
export type PrivateKeyKind = "usable" | "locked by a passphrase" | "no private key";

const MAGIC = "openssh-key-v1\0";

/**
 * Looks at a private key in OpenSSH's own format or in PEM.
 *
 * @see https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key
 */
export function kindOfPrivateKey(text: string): PrivateKeyKind {
  const [, label, body = ""] =
    /^-----BEGIN ([A-Z ]*PRIVATE KEY)-----\r?\n([^]+)\r?\n-----END \1-----$/.exec(text.trim()) ?? [];
  if (label === undefined) return "no private key";
  if (label === "OPENSSH PRIVATE KEY") return kindOfOpenSshKey(Buffer.from(body, "base64"));
  if (label === "ENCRYPTED PRIVATE KEY" || /^Proc-Type: 4,ENCRYPTED/m.test(body)) return "locked by a passphrase";
  try {
    createPrivateKey(`${text.trim()}\n`);
    return "usable";
  } catch {
    return "no private key";
  }
}

/** Behind the magic: names of cipher and key derivation, its options, the number of keys, public parts, private part. */
function kindOfOpenSshKey(bytes: Buffer): PrivateKeyKind {
  const fields = new Fields(bytes);
  if (fields.take(MAGIC.length).toString() !== MAGIC) return "no private key";
  const cipher = fields.text().toString();
  fields.text();
  fields.text();
  const keys = fields.number();
  for (let key = 0; key < keys && fields.complete; key++) fields.text();
  const secret = fields.text();
  if (!fields.complete || keys < 1) return "no private key";
  if (cipher !== "none") return "locked by a passphrase";
  // The same random number twice.
  return secret.length > 8 && secret.subarray(0, 4).equals(secret.subarray(4, 8)) ? "usable" : "no private key";
}

/** Whether a text is an ed25519 public key as OpenSSH writes it, with or without a comment behind. */
export function isEd25519Key(text: string): boolean {
  const [type, base64 = ""] = text.split(" ");
  const bytes = Buffer.from(base64, "base64");
  const fields = new Fields(bytes);
  const named = fields.text().toString() === "ssh-ed25519" && fields.text().length === 32 && fields.complete;
  return type === "ssh-ed25519" && named && fields.atEnd && bytes.toString("base64") === base64;
}

/** Fields of SSH's wire format, one after the other: a number has four bytes, a text has its length in front. */
class Fields {
  #at = 0;
  /** Whether all that was read was there. */
  complete = true;

  constructor(private readonly bytes: Buffer) {}

  get atEnd(): boolean {
    return this.#at === this.bytes.length;
  }

  take(length: number): Buffer {
    this.complete &&= this.#at + length <= this.bytes.length;
    if (!this.complete) return Buffer.alloc(0);
    this.#at += length;
    return this.bytes.subarray(this.#at - length, this.#at);
  }

  number(): number {
    const bytes = this.take(4);
    return this.complete ? bytes.readUInt32BE() : 0;
  }

  text(): Buffer {
    return this.take(this.number());
  }
}
