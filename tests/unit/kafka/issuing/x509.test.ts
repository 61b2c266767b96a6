import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import {
  AUTHORITY_DAYS,
  CERTIFICATE_DAYS,
  type Credential,
  fileOf,
  issue,
  newAuthority,
  whyToIssue,
} from "../../../../components/kafka/issuing/x509";

const NOW = new Date();
const DAY_MS = 24 * 3600 * 1000;
const inDays = (days: number): Date => new Date(NOW.getTime() + days * DAY_MS);
const node = { name: "kafka-node", hosts: ["kafka-0.kafka.svc.cluster.local", "10.96.0.10"] };

const dir = fs.mkdtempSync(path.join(os.tmpdir(), "x509-"));
afterAll(() => fs.rmSync(dir, { recursive: true }));
const openssl = (...command: string[]): string =>
  execFileSync("openssl", command, { cwd: dir, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
const write = (name: string, text: string): string => {
  fs.writeFileSync(path.join(dir, name), text);
  return name;
};

let authority: Credential;
beforeAll(async () => {
  authority = await newAuthority("kafka authority", NOW);
  write("authority.pem", authority.certificate);
});

test("openssl takes a node's certificate for a server's and a client's with these names, and no others", async () => {
  const file = write("node.pem", fileOf(await issue(authority, node, NOW)));
  for (const purpose of ["sslserver", "sslclient"])
    expect(openssl("verify", "-x509_strict", "-purpose", purpose, "-CAfile", "authority.pem", file)).toBe(
      `${file}: OK\n`,
    );
  const isFor =
    (...host: string[]) =>
    () =>
      openssl("verify", "-CAfile", "authority.pem", ...host, file);
  expect(isFor("-verify_hostname", node.hosts[0]!)).not.toThrow();
  expect(isFor("-verify_ip", node.hosts[1]!)).not.toThrow();
  expect(isFor("-verify_hostname", "kafka-1.kafka.svc.cluster.local")).toThrow();
  expect(isFor("-verify_ip", "10.96.0.11")).toThrow();
  expect(openssl("x509", "-in", file, "-noout", "-subject", "-nameopt", "RFC2253")).toBe("subject=CN=kafka-node\n");
  // Kafka reads PKCS 8, unencrypted.
  expect(fs.readFileSync(path.join(dir, file), "utf8")).toMatch(
    /^-----BEGIN PRIVATE KEY-----\n[^-]+-----END PRIVATE KEY-----\n-----BEGIN CERT/,
  );
});

test("a Job's certificate is no server's", async () => {
  const file = write("job.pem", fileOf(await issue(authority, { name: "kafka-roll", hosts: [] }, NOW)));
  expect(openssl("verify", "-purpose", "sslclient", "-CAfile", "authority.pem", file)).toContain("OK");
  expect(() => openssl("verify", "-purpose", "sslserver", "-CAfile", "authority.pem", file)).toThrow();
});

test("neither a certificate nor another authority can stand for the authority", async () => {
  const issued = await issue(authority, node, NOW);
  const forged = write("forged.pem", fileOf(await issue(issued, { name: "kafka-roll", hosts: [] }, NOW)));
  write("issued.pem", issued.certificate);
  expect(() => openssl("verify", "-CAfile", "authority.pem", "-untrusted", "issued.pem", forged)).toThrow();
  const other = await newAuthority("kafka authority", NOW);
  const theirs = write("theirs.pem", fileOf(await issue(other, node, NOW)));
  expect(() => openssl("verify", "-CAfile", "authority.pem", theirs)).toThrow();
});

test("a certificate is valid from a little before it was made, and no two have one serial number", async () => {
  const [one, other] = await Promise.all([issue(authority, node, NOW), issue(authority, node, NOW)]);
  const [first, second] = [one, other].map(({ certificate }) => new X509Certificate(certificate)) as [
    X509Certificate,
    X509Certificate,
  ];
  const days = (certificate: X509Certificate): number =>
    Math.round((certificate.validToDate.getTime() - NOW.getTime()) / DAY_MS);
  expect(first.validFromDate.getTime()).toBeLessThan(NOW.getTime());
  expect([days(first), days(new X509Certificate(authority.certificate))]).toEqual([CERTIFICATE_DAYS, AUTHORITY_DAYS]);
  expect(first.serialNumber).not.toBe(second.serialNumber);
});

test("a certificate stays until a third of its time is left", async () => {
  const file = fileOf(await issue(authority, node, NOW));
  expect(whyToIssue(file, authority, node, inDays(CERTIFICATE_DAYS * 0.66))).toBeUndefined();
  expect(whyToIssue(file, authority, node, inDays(CERTIFICATE_DAYS * 0.68))).toBe("its time is coming to an end");
  expect(whyToIssue(file, authority, node, inDays(CERTIFICATE_DAYS + 1))).toBe("its time is coming to an end");
});

test("a certificate is issued anew for another name, and kept with a name too many", async () => {
  const file = fileOf(await issue(authority, node, NOW));
  const why = (wanted: object) => whyToIssue(file, authority, { ...node, ...wanted }, NOW);
  expect(why({ hosts: [...node.hosts, "10.0.0.5", "worker-1"] })).toBe("it isn't for 10.0.0.5, worker-1");
  expect(why({ hosts: node.hosts.slice(1) })).toBeUndefined();
  expect(why({ name: "kafka-roll" })).toBe("its name is another one");
});

test("a file that doesn't serve is replaced", async () => {
  const [one, other] = await Promise.all([issue(authority, node, NOW), issue(authority, node, NOW)]);
  const why = (file: string | undefined) => whyToIssue(file, authority, node, NOW);
  expect(why(undefined)).toBe("it is new");
  expect(why("-----BEGIN PRIVATE KEY-----\nbroken")).toBe("it can't be read");
  expect(why(one.key)).toBe("it can't be read");
  expect(why(one.key + other.certificate)).toBe("its key is another one's");
  const another = await newAuthority("kafka authority", NOW);
  expect(whyToIssue(fileOf(one), another, node, NOW)).toBe("its authority is another one");
});
