import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { readScript } from "../../../components/cluster/hostScript";
import { linkMachineCommands, signedMirror, type SignedMirror } from "../../support/signedMirror";

// A generous limit, since the machine may be busy.
jest.setTimeout(120_000);

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "packages-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

let mirror: SignedMirror;
beforeAll(() => (mirror = signedMirror(path.join(folder, "ours"), ["kubelet 1.34.4-1.1"])));

/** A copy of the mirror, which a test changes. */
function copy(): string {
  const root = fs.mkdtempSync(path.join(folder, "copy-"));
  fs.cpSync(mirror.apt, path.join(root, "apt"), { recursive: true });
  return root;
}

/**
 * A mirror whose key was prolonged after its first year, since when it has signed.
 *
 * @returns its folder, the fingerprint, and the file of the key as it was
 */
function prolonged(): { root: string; key: string; before: string } {
  const root = copy();
  const script = `
    source toolchain/mirror/keyring.sh
    gpg_batch --faked-system-time '20240101T000000!' --passphrase '' --quick-generate-key 'a mirror' ed25519 sign 1y
    key=$(gpg_batch --with-colons --list-keys | awk -F: '$1 == "fpr" && !key {key = $10} END {print key}')
    gpg_batch --armor --export >"$ROOT/before.asc"
    gpg_batch --passphrase '' --quick-set-expire "$key" 20y
    gpg_batch --armor --export >"$ROOT/apt/key.asc"
    (cd "$ROOT/apt" && rm InRelease && apt-ftparchive release .) >"$ROOT/Release"
    gpg_batch --digest-algo SHA512 --clear-sign --output "$ROOT/apt/InRelease" "$ROOT/Release"
    echo "$key"`;
  const bin = path.join(root, "bin");
  fs.mkdirSync(bin);
  linkMachineCommands(bin, "gpg");
  const env = { PATH: `${bin}:${process.env.PATH}`, ROOT: root };
  const { stdout, stderr, status } = spawnSync("bash", ["-eu"], { input: script, encoding: "utf8", env });
  if (status !== 0) throw new Error(stderr);
  return { root, key: stdout.trim(), before: path.join(root, "before.asc") };
}

/** A host whose apt, this machine's own, keeps all its files in a folder. */
class AptHost {
  readonly dir = fs.mkdtempSync(path.join(folder, "host-"));

  /** @param settings of the host's apt, as its administrator may have them */
  constructor(settings = "") {
    for (const each of [
      "bin",
      "run",
      "etc/apt/sources.list.d",
      "etc/apt/apt.conf.d",
      "var/lib/apt/lists/partial",
      "var/lib/dpkg",
    ])
      fs.mkdirSync(path.join(this.dir, each), { recursive: true });
    fs.writeFileSync(path.join(this.dir, "var/lib/dpkg/status"), "");
    fs.writeFileSync(path.join(this.dir, "apt.conf"), `Dir "${this.dir}"; APT::Sandbox::User "root";\n${settings}\n`);
    linkMachineCommands(path.join(this.dir, "bin"), "apt-get");
  }

  /** The host as it was before its first reading, but for its list and a key's file. */
  forget(key: string): void {
    for (const each of ["var/cache", "var/lib/apt/lists"]) fs.rmSync(path.join(this.dir, each), { recursive: true });
    fs.mkdirSync(path.join(this.dir, "var/lib/apt/lists/partial"), { recursive: true });
    fs.copyFileSync(key, path.join(this.dir, "etc/apt/keyrings/kubeadm-kafka.asc"));
  }

  /** Lists the mirror, reads its lists, and downloads the kubelet. @returns apt's errors, and whether the kubelet came */
  install(root: string, key: string): { errors: string; installed: boolean } {
    const text = [
      `HOST=host ACTION=x KUBERNETES_VERSION=1.34.4 MIRROR=copy:${root} MIRROR_KEY=${key}`,
      readScript("lib/lib"),
      readScript("lib/packages"),
      'mkdir -p "$RECORD" "$SCRATCH" "$ARCHIVES/partial"',
      "write_apt_source; apt_update; apt --download-only install kubelet=1.34.4-*",
    ]
      .join("\n")
      .replaceAll(/(?<![\w.])\/(etc|run|var)\//g, `${this.dir}/$1/`);
    const env = { PATH: `${this.dir}/bin:${process.env.PATH}`, APT_CONFIG: path.join(this.dir, "apt.conf") };
    const { stdout, stderr } = spawnSync("bash", ["-s"], { input: text, encoding: "utf8", env });
    const files = fs.readdirSync(this.dir, { recursive: true, encoding: "utf8" });
    return { errors: stdout + stderr, installed: files.some((file) => /kubelet_.*deb$/.test(file)) };
  }
}

test("a host takes the mirror's packages by the fingerprint of its key", () => {
  const { errors, installed } = new AptHost().install(mirror.apt.replace(/\/apt$/, ""), mirror.key);
  expect({ errors, installed }).toEqual({ errors: expect.not.stringContaining("E: ") as string, installed: true });
});

test.each([
  ["another key", () => signedMirror(path.join(folder, "theirs"), ["kubelet 1.34.4-1.1"]).apt.replace(/\/apt$/, "")],
  [
    "nobody",
    () => {
      const root = copy();
      fs.rmSync(path.join(root, "apt/InRelease"));
      return root;
    },
  ],
])("packages signed by %s aren't taken, even if the host's own configuration would", (_who, repository) => {
  const lax = ["Acquire::AllowInsecureRepositories", "APT::Get::AllowUnauthenticated"].map((each) => `${each} "true";`);
  const { errors, installed } = new AptHost(lax.join(" ")).install(repository(), mirror.key);
  expect({ errors, installed }).toEqual({
    errors: expect.stringMatching(/E: The repository/) as string,
    installed: false,
  });
});

test("a key that was prolonged under its fingerprint is fetched again, once the file here has expired", () => {
  const { root, key, before } = prolonged();
  const host = new AptHost();
  host.install(root, key);
  host.forget(before);
  expect(host.install(root, key)).toEqual({ errors: expect.stringContaining("EXPKEYSIG") as string, installed: true });
});
