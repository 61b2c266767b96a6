import { generateKeyPairSync, type KeyObject } from "node:crypto";

import { readPrivateKey } from "../../../config/sshKeys";
import { privateKeyOf, publicKeyOf } from "../../support/keys";

const pem = (key: KeyObject) => key.export({ type: "pkcs8", format: "pem" }) as string;

test.each([
  ["ed25519", generateKeyPairSync("ed25519").privateKey],
  ["RSA", generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey],
  ...["P-256", "P-384", "P-521"].map((namedCurve): [string, KeyObject] => [
    namedCurve,
    generateKeyPairSync("ec", { namedCurve }).privateKey,
  ]),
])("%s in PEM is usable", (_type, key) => expect(readPrivateKey(pem(key)).kind).toBe("usable"));

test.each([
  ["x25519", generateKeyPairSync("x25519").privateKey],
  ["ed448", generateKeyPairSync("ed448").privateKey],
  ["dsa", generateKeyPairSync("dsa", { modulusLength: 1024, divisorLength: 160 }).privateKey],
  ["rsa-pss", generateKeyPairSync("rsa-pss", { modulusLength: 1024 }).privateKey],
  ["secp256k1", generateKeyPairSync("ec", { namedCurve: "secp256k1" }).privateKey],
])("%s in PEM can't be used to log in", (type, key) =>
  expect(readPrivateKey(pem(key))).toEqual({ kind: "of an unfit type", type }),
);

test.each(["ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"])(
  "%s in OpenSSH's format is usable",
  (type) => expect(readPrivateKey(privateKeyOf("a user", "none", type))).toEqual({ kind: "usable" }),
);

test("the public half of an ed25519 key is the same from either format", () => {
  expect(readPrivateKey(privateKeyOf("a user"))).toEqual({ kind: "usable", ed25519: publicKeyOf("a user") });
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ type: "spki", format: "der" }).subarray(-32);
  const prefix = Buffer.from("0000000b7373682d6564323535313900000020", "hex");
  const ed25519 = `ssh-ed25519 ${Buffer.concat([prefix, raw]).toString("base64")}`;
  expect(readPrivateKey(pem(privateKey))).toEqual({ kind: "usable", ed25519 });
});

test("a key on a device is reported as such, locked or not", () => {
  const type = "sk-ssh-ed25519@openssh.com";
  expect(readPrivateKey(privateKeyOf("a user", "aes256-ctr", type))).toEqual({ kind: "of an unfit type", type });
});
