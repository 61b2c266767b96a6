import { execFile, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { createReadStream, existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";

import { reasonOf } from "../../failures";
import { actions, type HostAction } from "../actions";
import { askHosts } from "../drift/askHosts";
import { exportState, privateFolder, writeSshConfig } from "../drift/login";
import { type PreparedHost, preparedHosts } from "../drift/plan";
import { readResult } from "../hostReport";
import { asRoot, composeScript, hostCommand, type ScriptInputs } from "../hostScript";
import { backupList, parseBackups, placeOf } from "./listPlan";
import {
  commandsAfter,
  hostToRestore,
  identityIn,
  type Manifest,
  ofCluster,
  parseManifest,
  preview,
  restorableCluster,
  type RestorableCluster,
  restoreInputs,
} from "./plan";
import { restoreRequest, type RestoreRequest } from "./requestPlan";
import { type Adoption, adoption, kafkaVolumes, keysOf, parseVolumes, type StatefulVolumes } from "./volumesPlan";

/** What `make restore` was given. */
interface Asked {
  readonly stack: string;
  /** File of the backup, or HOST:FILE of one on a host. @default none: those on the hosts are listed */
  readonly backup?: string | undefined;
  /** File of the private key, PEM. @default the stack's */
  readonly key?: string | undefined;
  /** Name of the control plane. @default the only one */
  readonly host?: string | undefined;
  /** Claims of volumes to give up, separated by commas. @default none */
  readonly without?: string | undefined;
}

const run = promisify(execFile);

/**
 * `make restore`: checks and decrypts a backup here, shows what restoring it means, and after a confirmation puts it onto a control
 * plane. The `up` that it prints restores the cluster there. The private key never leaves this machine.
 */
async function main(asked: Asked): Promise<void> {
  const exported = await exportState(asked.stack);
  const folder = privateFolder();
  if (asked.backup === undefined) {
    console.log(await listBackups(asked.stack, exported));
    return;
  }
  const cluster = restorableCluster(asked.stack, exported);
  const host = hostToRestore(cluster, asked.host);
  const backup = existsSync(asked.backup) ? asked.backup : await fetch(folder, asked.stack, exported, asked.backup);
  const archive = await decrypt(folder, cluster, { ...asked, backup });
  const manifest = await manifestOf(archive);
  const { objects, lines } = await volumesToAdopt(asked, cluster, kafkaVolumes(exported), archive);
  console.log(preview(asked.stack, manifest, host.name, new Date(), lines));
  if (!(await confirmed(asked.stack))) {
    console.log("Nothing was changed.");
    return;
  }
  const restore = restoreRequest(host.name, manifest.time, randomBytes(4).toString("hex"));
  await send(writeSshConfig(folder, [host]), host, cluster, { restore, archive, objects });
  console.log(
    [`The backup is on ${host.name} for a day, in clear. To restore the cluster from it:`]
      .concat(commandsAfter(asked.stack, cluster, host, restore))
      .join("\n  "),
  );
}

/** Asks all hosts that answer which backups they have. */
async function askForBackups(stack: string, exported: string) {
  const identity = identityIn(stack, exported);
  const answers = await askHosts(
    stack,
    actions.listBackups,
    () => ofCluster({ identity }),
    (text) => text,
  );
  return {
    backups: answers.flatMap((each) => ("failure" in each ? [] : parseBackups(each.host.name, each.result))),
    unreached: answers.flatMap((each) => ("failure" in each ? [`${each.host.name}: ${lastLine(each.failure)}`] : [])),
  };
}

async function listBackups(stack: string, exported: string): Promise<string> {
  const { backups, unreached } = await askForBackups(stack, exported);
  return backupList(stack, backups, unreached);
}

/** Fetches a backup from a host into the folder. @returns its file @throws Error with a sentence for the user (KK982) */
async function fetch(folder: string, stack: string, exported: string, place: string): Promise<string> {
  const { backups, unreached } = await askForBackups(stack, exported);
  const wanted = backups.find((each) => placeOf(each) === place);
  const host = preparedHosts(stack, exported).find(({ name }) => name === wanted?.host);
  if (!wanted || !host)
    throw new Error(
      `${place} is no file here, nor a backup on a host [KK982].\n${backupList(stack, backups, unreached)}`,
    );
  const words = ["-F", writeSshConfig(folder, [host]), host.name];
  const command = asRoot(host.connection.user ?? "root", `cat ${wanted.path}`);
  const { stdout } = await run("ssh", [...words, command], { encoding: "buffer", maxBuffer: 2 ** 31 - 1 });
  const file = join(folder, basename(wanted.path));
  writeFileSync(file, stdout);
  return file;
}

/** Checks the signature, and decrypts. @returns the archive's path @throws Error with a sentence for the user (KK954, KK955) */
async function decrypt(
  folder: string,
  { authority, key }: RestorableCluster,
  asked: Asked & { readonly backup: string },
): Promise<string> {
  const own = asked.key === undefined ? key : readFileSync(asked.key, "utf8");
  if (own === undefined)
    throw new Error("this stack has no key of its own for backups: set key= to the file of yours [KK955]");
  const [certificate, keyFile, encrypted, archive] = ["ca.crt", "backup.key", "encrypted", "backup.tar.gz"].map(
    (name) => join(folder, name),
  ) as [string, string, string, string];
  writeFileSync(certificate, Buffer.from(authority, "base64"));
  writeFileSync(keyFile, own, { mode: 0o600 });
  const cms = ["cms", "-binary", "-inform", "DER"];
  const signer = ["-verify", "-nointern", "-noverify", "-certfile", certificate];
  await run("openssl", [...cms, ...signer, "-in", resolve(asked.backup), "-out", encrypted]).catch((error: unknown) => {
    const why = "is damaged, was changed, or isn't of this stack's cluster, whose authority has signed its backups";
    throw new Error(`${asked.backup} ${why}: ${lastLine(error)} [KK954]`, { cause: error });
  });
  await run("openssl", [...cms, "-decrypt", "-in", encrypted, "-inkey", keyFile, "-out", archive]).catch(
    (error: unknown) => {
      const which = asked.key ?? "the stack's key";
      throw new Error(`${asked.backup} can't be decrypted with ${which}: ${lastLine(error)} [KK955]`, { cause: error });
    },
  );
  return archive;
}

const lastLine = (error: unknown): string =>
  (typeof error === "string" ? error : reasonOf(error)).trim().split("\n").at(-1)!;

/** With a wrong key openssl may decrypt to nonsense, since a clear answer would help to guess the key. */
async function manifestOf(archive: string): Promise<Manifest> {
  const words = ["--extract", "--gzip", "--to-stdout", "--file", archive, "./manifest"];
  const { stdout } = await run("tar", words).catch((error: unknown) => {
    throw new Error("the backup was decrypted with another key than it was encrypted to [KK955]", { cause: error });
  });
  return parseManifest(stdout);
}

/** Volumes that the backup doesn't know, on the disks of the hosts that answer. The hosts are asked only if there are such volumes. */
async function volumesToAdopt(
  { stack, without = "" }: Asked,
  cluster: RestorableCluster,
  volumes: StatefulVolumes | undefined,
  archive: string,
): Promise<Adoption> {
  if (!volumes) return { objects: [], lines: [] };
  const keys = keysOf(volumes);
  const known = await keysIn(archive, keys);
  if (known.length === keys.length) return { objects: [], lines: [] };
  const answers = await askHosts(
    stack,
    actions.findVolumes,
    () => ofCluster(cluster),
    (text) => text,
  );
  const found = answers.flatMap((each) => ("failure" in each ? [] : parseVolumes(each.host.name, each.result)));
  const unreached = answers.flatMap((each) =>
    "failure" in each ? [`${each.host.name}: ${lastLine(each.failure)}`] : [],
  );
  return adoption(volumes, known, found, unreached, without.split(","));
}

/** Which of these keys the backup's snapshot of etcd has. */
async function keysIn(archive: string, keys: readonly string[]): Promise<string[]> {
  const search =
    'tar --extract --gzip --to-stdout --file "$1" ./etcd.db | grep --text --only-matching --fixed-strings -- "$2" | sort --unique';
  const { stdout } = await run("sh", ["-c", search, "sh", archive, keys.join("\n")]);
  return stdout.split("\n").filter(Boolean);
}

async function confirmed(stack: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`To go on, type the stack's name (${stack}): `);
  terminal.close();
  return answer.trim() === stack;
}

/** Sends the archive to the host, which unpacks it. A timer that removes it is there before it is. */
async function send(
  config: string,
  host: PreparedHost,
  cluster: RestorableCluster,
  { restore, archive, objects }: { restore: RestoreRequest; archive: string; objects: readonly object[] },
): Promise<void> {
  const user = host.connection.user ?? "root";
  const runAction = async (action: HostAction, inputs: ScriptInputs): Promise<void> => {
    const script = composeScript(host.name, action, inputs);
    const printed = await ssh(config, host, hostCommand(host.name, action, "create", user), script);
    readResult(printed, (text) => text, { host: host.name, step: action.name });
  };
  const hash = createHash("sha256");
  await pipeline(createReadStream(archive), hash);
  await runAction(actions.expectBackup, ofCluster(cluster));
  await ssh(
    config,
    host,
    asRoot(user, 'sh -c "umask 077 && cat >/var/lib/kubeadm-kafka/restore.tar.gz"'),
    createReadStream(archive),
  );
  await runAction(actions.restore, restoreInputs(cluster, restore, hash.digest("hex"), objects));
}

/** Runs a command on a host. @param input its standard input @returns its output @throws Error with the last lines of its errors */
async function ssh(
  config: string,
  { name }: PreparedHost,
  command: string,
  input: string | NodeJS.ReadableStream,
): Promise<string> {
  const child = spawn("ssh", ["-F", config, name, command], { stdio: ["pipe", "pipe", "pipe"] });
  let [output, errors] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const ended = new Promise<number | null>((done, reject) => {
    child.on("close", done);
    child.on("error", reject);
  });
  // If the command ends before it has read all, its errors say why.
  const sent = typeof input === "string" ? [input] : input;
  await pipeline(sent, child.stdin).catch(() => undefined);
  if ((await ended) !== 0) throw new Error(errors.trim() || `${name}: ssh has failed without an error`);
  return output;
}

const [stack = "", backup = "", key = "", host = "", without = ""] = process.argv.slice(2);
main({
  stack,
  backup: backup || undefined,
  key: key || undefined,
  host: host || undefined,
  without: without || undefined,
}).catch((error: unknown) => {
  console.error(reasonOf(error));
  process.exitCode = 1;
});
