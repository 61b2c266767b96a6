import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { linkMachineCommands, runRecipe, signedMirror, type SignedMirror } from "../../support/signedMirror";

// A generous limit, since the machine may be busy.
jest.setTimeout(120_000);

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "signed-mirror-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

let mirror: SignedMirror;
beforeAll(() => (mirror = signedMirror(path.join(folder, "ours"), ["kubelet 1.34.4-1.1"])));

/** Has apt read a repository, in folders of its own, as a host reads it. @returns apt's errors */
function read(apt: string, key: string): string {
  const host = fs.mkdtempSync(path.join(folder, "host-"));
  const list = path.join(host, "list");
  fs.writeFileSync(list, `deb [signed-by=${apt}/key.asc,${key}] file:${apt} ./\n`);
  fs.mkdirSync(path.join(host, "lists/partial"), { recursive: true });
  linkMachineCommands(host, "apt-get");
  const options = {
    "Dir::Etc::SourceList": list,
    "Dir::Etc::SourceParts": "-",
    "Dir::State::lists": path.join(host, "lists"),
    "Dir::State::status": "/dev/null",
    "Dir::Cache": path.join(host, "cache"),
    "APT::Sandbox::User": "root",
  };
  const args = Object.entries(options).flatMap((option) => ["-o", option.join("=")]);
  const { stdout, stderr, status } = spawnSync(path.join(host, "apt-get"), [...args, "update"], { encoding: "utf8" });
  expect({ status, stdout }).toEqual({ status: stderr.includes("E: ") ? 100 : 0, stdout });
  return stderr;
}

/** A copy of the mirror's repository that somebody may tamper with. */
function copy(): string {
  const apt = fs.mkdtempSync(path.join(folder, "copy-"));
  fs.cpSync(mirror.apt, apt, { recursive: true });
  return apt;
}

test("apt takes the mirror's packages by the fingerprint that the toolchain tells the stack", () => {
  expect(mirror.key).toMatch(/^[0-9A-F]{40}$/);
  expect(read(mirror.apt, mirror.key)).toBe("");
});

test("apt takes neither an unsigned list of packages, nor one that differs from the signed one", () => {
  const unsigned = copy();
  fs.rmSync(path.join(unsigned, "InRelease"));
  expect(read(unsigned, mirror.key)).toMatch(/E: .* (is not signed|does not have a Release file)/);

  const tampered = copy();
  fs.rmSync(path.join(tampered, "Packages.xz"));
  fs.appendFileSync(path.join(tampered, "Packages"), "\nPackage: rootkit\nVersion: 1\nArchitecture: amd64\n");
  expect(read(tampered, mirror.key)).toMatch(/E: /);
});

test("apt takes no other key's signature, even if that key is in the file that the server has", () => {
  const other = signedMirror(path.join(folder, "theirs"), ["kubelet 1.34.4-1.1"]);
  expect(other.key).not.toBe(mirror.key);
  const keys = [mirror.apt, other.apt].map((apt) => fs.readFileSync(path.join(apt, "key.asc"), "utf8"));
  fs.writeFileSync(path.join(other.apt, "key.asc"), keys.join(""));
  expect(read(other.apt, other.key)).toBe("");
  expect(read(other.apt, mirror.key)).toMatch(/E: .*is not signed/);
});

test("the private key is only this user's to read, and in no file that is served", () => {
  const key = runRecipe("toolchain/mirror/make-key.sh", path.join(folder, "mode"), {});
  expect(fs.readdirSync(key)).toEqual(["secret.asc"]);
  expect(fs.statSync(path.join(key, "secret.asc")).mode & 0o777).toBe(0o600);
  const files = fs.readdirSync(path.dirname(mirror.apt), { recursive: true, withFileTypes: true });
  const texts = files.filter((file) => file.isFile()).map((file) => path.join(file.parentPath, file.name));
  expect(texts.filter((file) => fs.readFileSync(file, "latin1").includes("PRIVATE KEY"))).toEqual([]);
});

test("neither a keyring nor an agent is left behind", () => {
  const temporary = path.join(folder, "tmp");
  fs.mkdirSync(temporary);
  runRecipe("toolchain/mirror/make-key.sh", path.join(folder, "left"), { TMPDIR: temporary });
  expect(fs.readdirSync(temporary)).toEqual([]);
  const agents = spawnSync("ps", ["-eo", "args"], { encoding: "utf8" }).stdout;
  expect(agents).not.toContain(`gpg-agent --homedir ${temporary}`);
});
