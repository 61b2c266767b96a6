import { createPrivateKey, type KeyObject } from "node:crypto";

/** Whether Pulumi can log in with a private key, as far as its text shows. */
export type PrivateKey =
  | { readonly kind: "locked by a passphrase" | "no private key" }
  | { readonly kind: "of an unfit type"; readonly type: string }
  | {
      readonly kind: "usable";
      /** The public half of an ed25519 key in OpenSSH's form, `ssh-ed25519 BASE64`; undefined for other types. */
      readonly ed25519?: string;
    };

const MAGIC = "openssh-key-v1\0";
const NONE: PrivateKey = { kind: "no private key" };
const LOCKED: PrivateKey = { kind: "locked by a passphrase" };

/** Types that Pulumi's SSH client can use. Keys on a FIDO device need somebody to touch it, and servers refuse DSA. */
const FIT_TYPES = ["ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"];
const FIT_CURVES = ["prime256v1", "secp384r1", "secp521r1"];

/**
 * Reads a private key in OpenSSH's own format or in PEM.
 *
 * @see https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key
 */
export function readPrivateKey(text: string): PrivateKey {
  const [, label, body = ""] =
    /^-----BEGIN ([A-Z ]*PRIVATE KEY)-----\r?\n([^]+)\r?\n-----END \1-----$/.exec(text.trim()) ?? [];
  if (label === undefined) return NONE;
  if (label === "OPENSSH PRIVATE KEY") return readOpenSshKey(Buffer.from(body, "base64"));
  if (label === "ENCRYPTED PRIVATE KEY" || /^Proc-Type: 4,ENCRYPTED/m.test(body)) return LOCKED;
  try {
    return readPem(createPrivateKey(`${text.trim()}\n`));
  } catch {
    return NONE;
  }
}

function readPem(key: KeyObject): PrivateKey {
  const { asymmetricKeyType: type = "", asymmetricKeyDetails: { namedCurve = "" } = {} } = key;
  switch (type) {
    case "ed25519":
      return { kind: "usable", ed25519: ed25519Key(Buffer.from(key.export({ format: "jwk" }).x!, "base64url")) };
    case "rsa":
      return { kind: "usable" };
    case "ec":
      return FIT_CURVES.includes(namedCurve) ? { kind: "usable" } : { kind: "of an unfit type", type: namedCurve };
    default:
      return { kind: "of an unfit type", type };
  }
}

/** After the magic come names of cipher and key derivation, its options, the number of keys, public parts, private part. */
function readOpenSshKey(bytes: Buffer): PrivateKey {
  const fields = new Fields(bytes);
  if (fields.take(MAGIC.length).toString() !== MAGIC) return NONE;
  const cipher = fields.text().toString();
  fields.text();
  fields.text();
  const keys = fields.number();
  const publicPart = fields.text();
  for (let key = 1; key < keys && fields.complete; key++) fields.text();
  const secret = fields.text();
  if (!fields.complete || keys < 1) return NONE;
  const type = new Fields(publicPart).text().toString();
  if (!FIT_TYPES.includes(type)) return { kind: "of an unfit type", type };
  if (cipher !== "none") return LOCKED;
  // The same random number twice.
  if (secret.length <= 8 || !secret.subarray(0, 4).equals(secret.subarray(4, 8))) return NONE;
  return type === "ssh-ed25519"
    ? { kind: "usable", ed25519: `${type} ${publicPart.toString("base64")}` }
    : { kind: "usable" };
}

/** `ssh-ed25519 BASE64` of a public key's 32 bytes */
function ed25519Key(bytes: Buffer): string {
  const type = "ssh-ed25519";
  const field = (value: Buffer): Buffer => Buffer.concat([Buffer.from([0, 0, 0, value.length]), value]);
  return `${type} ${Buffer.concat([field(Buffer.from(type)), field(bytes)]).toString("base64")}`;
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
  /** Whether every field so far was complete. */
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
