import { createHash } from "node:crypto";

/** Text in SSH's wire format, with its length in front. */
const field = (value: string | Buffer): Buffer => {
  const bytes = Buffer.from(value as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

const publicPart = (owner: string, type = "ssh-ed25519"): Buffer =>
  Buffer.concat([field(type), field(createHash("sha256").update(owner).digest())]);

/** A public key without a private key, in OpenSSH's format. It is the same for each call with an owner. */
export const publicKeyOf = (owner: string): string => `ssh-ed25519 ${publicPart(owner).toString("base64")}`;

/** A text in the form of OpenSSH's private keys, which opens nothing. It is the same for each call with an owner. */
export function privateKeyOf(owner: string, cipher = "none", type = "ssh-ed25519"): string {
  const one = Buffer.from([0, 0, 0, 1]);
  const check = Buffer.from("same");
  const secret = Buffer.concat([check, check, publicPart(owner, type), field(Buffer.alloc(64)), field(owner)]);
  const parts = [
    field(cipher),
    field(cipher === "none" ? "none" : "bcrypt"),
    field(""),
    one,
    field(publicPart(owner, type)),
  ];
  const body = Buffer.concat([Buffer.from("openssh-key-v1\0"), ...parts, field(secret)]).toString("base64");
  const lines = body.match(/.{1,70}/g)!.join("\n");
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines}\n-----END OPENSSH PRIVATE KEY-----\n`;
}
