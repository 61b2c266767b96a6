import "reflect-metadata"; // before x509, which needs it
import * as x509 from "@peculiar/x509";
import { createPrivateKey, KeyObject, randomBytes, webcrypto, X509Certificate } from "node:crypto";
import { isIP } from "node:net";

x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);

/** A key and its certificate, both as PEM. */
export interface Credential {
  readonly key: string;
  readonly certificate: string;
}

/** What a certificate is for. */
export interface Wanted {
  /** The common name, which is the subject's only part: Kafka calls it `User:CN=NAME`. */
  readonly name: string;
  /** DNS names and addresses of a server. None: the certificate is a client's. */
  readonly hosts: readonly string[];
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY_MS = 24 * 3600 * 1000;
/** A certificate is valid from a moment before it was made, since clocks differ. */
const SKEW_MS = 10 * 60 * 1000;
export const AUTHORITY_DAYS = 3650;
export const CERTIFICATE_DAYS = 365;
/** A certificate is renewed when less than this part of its time is left. */
const LEFT_TO_RENEW = 1 / 3;

/** Makes a new authority, which signs its own certificate. */
export async function newAuthority(name: string, now: Date): Promise<Credential> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...ofTime(now, AUTHORITY_DAYS),
    name: subject(name),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { key: pemOf(keys.privateKey), certificate: ended(certificate.toString("pem")) };
}

/** Issues a certificate for a new key. A server's is good for a client as well: nodes connect to each other. */
export async function issue(authority: Credential, { name, hosts }: Wanted, now: Date): Promise<Credential> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const issuer = new x509.X509Certificate(authority.certificate);
  const { clientAuth, serverAuth } = x509.ExtendedKeyUsage;
  const certificate = await x509.X509CertificateGenerator.create({
    ...ofTime(now, CERTIFICATE_DAYS),
    subject: subject(name),
    issuer: issuer.subjectName.toJSON(),
    publicKey: keys.publicKey,
    signingKey: await signingKeyOf(authority),
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(hosts.length > 0 ? [serverAuth, clientAuth] : [clientAuth]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(await issuer.publicKey.export()),
      ...(hosts.length > 0
        ? [
            new x509.SubjectAlternativeNameExtension(
              hosts.map((host) => ({ type: isIP(host) ? "ip" : "dns", value: host })),
            ),
          ]
        : []),
    ],
  });
  return { key: pemOf(keys.privateKey), certificate: ended(certificate.toString("pem")) };
}

/**
 * Why a certificate has to be issued again; undefined if it may stay.
 *
 * @param file key and certificate as PEM; undefined if there is none
 */
export function whyToIssue(
  file: string | undefined,
  authority: Credential,
  { name, hosts }: Wanted,
  now: Date,
): string | undefined {
  if (file === undefined) return "it is new";
  const certificate = certificateIn(file);
  if (!certificate) return "it can't be read";
  const issuer = new X509Certificate(authority.certificate);
  if (!certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey)) return "its authority is another one";
  if (!certificate.checkPrivateKey(createPrivateKey(file))) return "its key is another one's";
  if (certificate.subject !== `CN=${name}`) return "its name is another one";
  const missing = hosts.filter((host) => !isFor(certificate, host));
  if (missing.length > 0) return `it isn't for ${missing.join(", ")}`;
  const [from, to] = [certificate.validFromDate, certificate.validToDate].map(Number) as [number, number];
  return to - now.getTime() < (to - from) * LEFT_TO_RENEW ? "its time is coming to an end" : undefined;
}

/** The certificate in a file with a key and a certificate; undefined if there is none that can be read. */
export function certificateIn(file: string): X509Certificate | undefined {
  try {
    createPrivateKey(file);
    return new X509Certificate(file.slice(file.indexOf("-----BEGIN CERTIFICATE-----")));
  } catch {
    return undefined; // what OpenSSL says of a broken file helps nobody: it is written anew
  }
}

/** A file with a key and its certificate, as Kafka's PEM key stores and Node.js read it. */
export function fileOf({ key, certificate }: Credential): string {
  return key + certificate;
}

function isFor(certificate: X509Certificate, host: string): boolean {
  return (isIP(host) ? certificate.checkIP(host) : certificate.checkHost(host)) !== undefined;
}

function ofTime(now: Date, days: number) {
  return {
    // The first bit is 0: a serial number is positive.
    serialNumber: `01${randomBytes(15).toString("hex")}`,
    notBefore: new Date(now.getTime() - SKEW_MS),
    notAfter: new Date(now.getTime() + days * DAY_MS),
  };
}

function subject(name: string): { CN: string[] }[] {
  return [{ CN: [name] }];
}

async function signingKeyOf({ key }: Credential): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(key).export({ type: "pkcs8", format: "der" });
  return webcrypto.subtle.importKey("pkcs8", der, ALGORITHM, false, ["sign"]);
}

function pemOf(key: webcrypto.CryptoKey): string {
  return KeyObject.from(key).export({ type: "pkcs8", format: "pem" }).toString();
}

function ended(pem: string): string {
  return pem.endsWith("\n") ? pem : `${pem}\n`;
}
