import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

import { commandPath } from "../../toolchain/machine/commands";

/** A mirror as the toolchain makes it. */
export interface SignedMirror {
  /** Its apt repository. */
  apt: string;
  /** Fingerprint of the key that signs it. */
  key: string;
}

/** Runs a recipe's script as the toolchain does, with this machine's own apt and gpg. */
export function runRecipe(script: string, folder: string, variables: Record<string, string>): string {
  const [OUT, WORK, bin] = ["out", "work", "bin"].map((name) => path.join(folder, name)) as [string, string, string];
  for (const each of [OUT, WORK, bin]) fs.mkdirSync(each, { recursive: true });
  linkMachineCommands(bin, "gpg");
  const env = { ...process.env, PATH: `${bin}:${process.env["PATH"]}`, OUT, WORK, ...variables };
  execFileSync("bash", [script], { env, stdio: "pipe" });
  return OUT;
}

/** Lets a test call commands of this machine that unit tests refuse otherwise: only with folders of the test's own. */
export function linkMachineCommands(bin: string, ...commands: readonly string[]): void {
  for (const command of commands) {
    const program = commandPath(command, process.env["REFUSED_COMMANDS"]);
    if (!program) throw new Error(`this test needs ${command} (Debian: gpg, gpg-agent, apt-utils)`);
    if (!fs.existsSync(path.join(bin, command))) fs.symlinkSync(program, path.join(bin, command));
  }
}

/** @param packages of the mirror. @example ["kubelet 1.34.4-1.1"] */
export function signedMirror(folder: string, packages: readonly string[]): SignedMirror {
  const piece = path.join(folder, "piece");
  fs.mkdirSync(piece, { recursive: true });
  for (const each of packages) {
    const [name, version] = each.split(" ");
    const fields = {
      Package: name,
      Version: version,
      Architecture: "amd64",
      Maintainer: "a test",
      Description: "none",
    };
    const root = path.join(folder, "packages", each);
    const text = Object.entries(fields).map((field) => `${field.join(": ")}\n`);
    fs.mkdirSync(path.join(root, "DEBIAN"), { recursive: true });
    fs.writeFileSync(path.join(root, "DEBIAN/control"), text.join(""));
    execFileSync("dpkg-deb", ["--build", root, piece], { stdio: "ignore" });
  }
  const kubeadm = path.join(folder, "kubernetes/kubeadm");
  fs.mkdirSync(path.dirname(kubeadm), { recursive: true });
  fs.writeFileSync(kubeadm, "#!/bin/sh\n", { mode: 0o755 }); // asks for no image
  const out = runRecipe("toolchain/mirror/build.sh", path.join(folder, "mirror"), {
    PIECES: "piece",
    KUBERNETES: "1.34.4",
    PIECE_DIR: piece,
    KUBERNETES_DIR: path.dirname(kubeadm),
    MIRROR_KEY_DIR: runRecipe("toolchain/mirror/make-key.sh", path.join(folder, "key"), {}),
  });
  return { apt: path.join(out, "apt"), key: fs.readFileSync(path.join(out, "key"), "utf8").trim() };
}
