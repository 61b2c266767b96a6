import { actions, type HostAction } from "../actions";
import { commandsIn, type PreparedHost, preparedHosts } from "../drift/plan";
import { readKeptResult } from "../hostReport";
import type { ScriptInputs } from "../hostScript";
import { parseInitResult } from "../kubeconfig";
import { parseAuthority } from "../steps/authorityPlan";
import { RESTORE_VARIABLE, type RestoreRequest } from "./requestPlan";

/** What the state says of a cluster that is to be restored. */
export interface RestorableCluster {
  /** See clusterIdentity. @example "kubeadm-kafka/lab/lab (1f2e3d4c)" */
  readonly identity: string;
  /** Authority of the cluster, PEM in base64. Its key has signed the backups. */
  readonly authority: string;
  /** The stack's private key for backups, PEM; undefined in a state from before there were backups. */
  readonly key: string | undefined;
  /** Prepared control planes. */
  readonly controlPlanes: readonly PreparedHost[];
  /** Names of control planes whose step of joining is in the state. */
  readonly joined: readonly string[];
  /** Names of those among them that have another address now than in that step. */
  readonly moved: readonly string[];
}

/** The cluster's identity, by any of its prepared hosts; empty if there is none. */
export function identityIn(stack: string, exported: string): string {
  const commands = commandsIn(exported);
  const scripts = preparedHosts(stack, exported).map(
    ({ prefix }) => commands.get(`${prefix}-${actions.prepare.name}`)?.inputs?.stdin ?? "",
  );
  return scripts.flatMap((script) => /^CLUSTER='(.*)'$/m.exec(script)?.[1] ?? [])[0] ?? "";
}

/** @param exported output of `pulumi stack export --show-secrets` @throws Error with a sentence for the user (KK959) */
export function restorableCluster(stack: string, exported: string): RestorableCluster {
  const commands = commandsIn(exported);
  const printed = commands.get(`${stack}-${actions.init.name}`)?.outputs?.stdout;
  const hosts = preparedHosts(stack, exported);
  const inputsOf = ({ prefix }: PreparedHost, { name }: HostAction): string =>
    commands.get(`${prefix}-${name}`)?.inputs?.stdin ?? "";
  const preparation = (host: PreparedHost): string => inputsOf(host, actions.prepare);
  const controlPlanes = hosts.filter((host) => /^ROLE='control-plane'$/m.test(preparation(host)));
  const identity = controlPlanes.flatMap((host) => /^CLUSTER='(.*)'$/m.exec(preparation(host))?.[1] ?? [])[0];
  if (printed === undefined || identity === undefined)
    throw new Error(
      `the state of ${stack} has no cluster with a control plane that was prepared. Put a machine in the place of a lost one, and let ` +
        `\`bin/pulumi up --stack ${stack}\` prepare it: it ends with KK718 or KK719 [KK959]`,
    );
  const origin = { host: stack, step: actions.init.name, secret: true };
  const first = readKeptResult(printed, parseInitResult, origin).authority;
  // Since an exchange, backups are signed by another authority than the first one.
  const exchanged = controlPlanes.flatMap(({ name, prefix }) => {
    const stdout = commands.get(`${prefix}-${actions.authorityDrop.name}`)?.outputs?.stdout;
    return stdout ? [readKeptResult(stdout, parseAuthority, { host: name, step: actions.authorityDrop.name })] : [];
  });
  const authority = exchanged[0] ?? first;
  const key = commands.get(`${stack}-backup-key`)?.outputs?.stdout?.split("-----BEGIN CERTIFICATE-----")[0]?.trim();
  const joined = controlPlanes.filter(({ prefix }) => commands.has(`${prefix}-${actions.controlPlane.name}`));
  const addressIn = (script: string): string | undefined => /^ADDRESS='(.*)'$/m.exec(script)?.[1];
  const moved = joined.filter(
    (host) => addressIn(preparation(host)) !== addressIn(inputsOf(host, actions.controlPlane)),
  );
  const names = (hosts: readonly PreparedHost[]): string[] => hosts.map(({ name }) => name);
  return { identity, authority, key, controlPlanes, joined: names(joined), moved: names(moved) };
}

/**
 * The control plane to restore on.
 *
 * @param asked its name @default the only one
 * @throws Error with a sentence for the user (KK959)
 */
export function hostToRestore({ controlPlanes }: RestorableCluster, asked?: string): PreparedHost {
  const names = controlPlanes.map(({ name }) => name).join(", ");
  const host = asked === undefined ? controlPlanes[0]! : controlPlanes.find(({ name }) => name === asked);
  if (host === undefined)
    throw new Error(`${asked} is no prepared control plane; set host= to one of: ${names} [KK959]`);
  if (asked === undefined && controlPlanes.length > 1)
    throw new Error(`say on which control plane, the others join it afterwards: host= one of ${names} [KK959]`);
  return host;
}

/** What a backup says of itself. */
export type Manifest = Readonly<Record<"cluster" | "host" | "time" | "kubernetes", string>>;

/** @param text the file `manifest` of a backup */
export function parseManifest(text: string): Manifest {
  const lines = text.split("\n").filter(Boolean);
  return Object.fromEntries(
    lines.map((line) => [line.split(" ", 1)[0]!, line.slice(line.indexOf(" ") + 1)]),
  ) as Manifest;
}

/** Inputs of scripts that only need to know whose host it is: list-backups.sh, find-volumes.sh and expect-backup.sh. */
export const ofCluster = ({ identity }: Pick<RestorableCluster, "identity">): ScriptInputs => ({ CLUSTER: identity });

/** Inputs of restore.sh. @param sum SHA-256 of the archive, in hex @param objects to make in the restored cluster */
export const restoreInputs = (
  { identity, authority }: RestorableCluster,
  { name }: RestoreRequest,
  sum: string,
  objects: readonly object[] = [],
): ScriptInputs => ({
  CLUSTER: identity,
  AUTHORITY: authority,
  SUM: sum,
  RESTORE: name,
  OBJECTS: objects.length > 0 ? JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }) : "",
});

/** What a restore will do, before it is confirmed. */
export function preview(
  stack: string,
  { cluster, host, time, kubernetes }: Manifest,
  on: string,
  now: Date,
  adopted: readonly string[] = [],
): string {
  const hours = Math.round((now.getTime() - new Date(time).getTime()) / 360_000) / 10;
  return [
    `A backup of ${cluster}, Kubernetes ${kubernetes}, which ${host} wrote at ${time}, ${hours} hours ago.`,
    `The cluster of ${stack} would be restored from it on ${on}:`,
    `  - Objects in Kubernetes are then as they were at that time; what was changed since is lost.`,
    `  - Volumes stay on the disks of their hosts, with what was written since. Kafka's records are there.`,
    ...(adopted.length > 0 ? [`  - The backup is from before some of these volumes were made:`] : []),
    ...adopted.map((line) => `      ${line}.`),
    `  - Pods that exist in the backup go on; pods that it doesn't know are stopped.`,
    `  - What is left of a control plane on ${on} is put aside, in /var/lib/etcd/kubeadm-kafka-before-restore.`,
    `No other control plane of this cluster may run now or come back later with its old disk.`,
  ].join("\n");
}

/**
 * Commands that restore the cluster, once the backup is on the host. The first one has no `--refresh`, since no API server answers
 * yet, nor has one after a change of the address, since Pulumi refreshes by the kubeconfig of its last run.
 *
 * Only the first one names the restore: no other `up` runs it.
 *
 * Steps in the state don't run again just because the machine is another one, so they are repeated: timers would be missing. Backups
 * come last, since they send copies to a worker, which has to find the API server first.
 */
export function commandsAfter(
  stack: string,
  { joined, moved }: Pick<RestorableCluster, "joined" | "moved">,
  { name, prefix, steps }: Pick<PreparedHost, "name" | "prefix" | "steps">,
  restore: RestoreRequest,
): string[] {
  const up = `bin/pulumi up --stack ${stack}`;
  const repeated = (flag: string, ...repeatable: HostAction[]): string =>
    repeatable
      .filter((action) => action === actions.controlPlane || steps.includes(action.name))
      .map((action) => ` ${flag} '**::${prefix}-${action.name}'`)
      .join("");
  const { controlPlane, controlPlaneConfig, certificates, backups } = actions;
  const again = repeated("--target-replace", controlPlane, controlPlaneConfig, certificates);
  return [
    `${RESTORE_VARIABLE}=${restore.name} ${up}${joined.includes(name) ? again : ""}`,
    ...(moved.includes(name) ? [up] : []),
    `${up} --refresh${repeated("--replace", backups)}`,
    `make health stack=${stack}`,
  ];
}
