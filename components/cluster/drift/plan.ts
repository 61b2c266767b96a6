import { actions } from "../actions";
import type { ScriptInputs } from "../hostScript";

/** How to log in to a machine, in the stack's state. */
interface Endpoint {
  host: string;
  port?: number;
  user?: string;
  hostKey: string;
  /** @default none: the SSH agent has the key */
  privateKey?: string;
}

interface Connection extends Endpoint {
  /** Bastion in front of the machine. */
  proxy?: Endpoint;
}

/** A host that was prepared. */
export interface PreparedHost {
  readonly name: string;
  readonly connection: Connection;
  /** Prefix of its steps' resource names. @example "dev-worker-1" */
  readonly prefix: string;
  /** Its steps that record what they applied, see `keep_applied` in scripts/lib/lib.sh. @example ["prepare", "join"] */
  readonly steps: readonly string[];
}

/** Actions that record what they applied. */
const applied = [
  actions.prepare,
  actions.controlPlane,
  actions.controlPlaneConfig,
  actions.certificates,
  actions.join,
  actions.upgrade,
  actions.backups,
];

/** Inputs of drift.sh. */
export const driftInputs = ({ steps }: PreparedHost): ScriptInputs => ({ STEPS: steps.join(" ") });

/** A host's drift. */
export interface Drift {
  readonly host: PreparedHost;
  /** Lines of drift.sh, `STEP DIFFERENCE`: the step repairs the difference. @example "prepare sysctl vm.x is 0, was 1" */
  readonly differences: readonly string[];
  /** Why the host could not be read. @default it was read */
  readonly failure?: string;
}

interface State {
  deployment: { resources?: ResourceInState[] };
}

interface ResourceInState {
  urn: string;
  delete?: boolean;
  outputs?: object;
}

interface CommandInState extends ResourceInState {
  inputs?: { connection?: Connection; stdin?: string };
  outputs?: { stdout?: string };
}

const marksSecret = "4dabf18193072939515e22adb298388d";

/** The resources in a state, with their secrets in clear. @param exported output of `pulumi stack export --show-secrets` */
export function resourcesIn(exported: string): readonly ResourceInState[] {
  const reveal = (_key: string, value: unknown): unknown =>
    value !== null && typeof value === "object" && marksSecret in value && "plaintext" in value
      ? JSON.parse(String(value.plaintext), reveal)
      : value;
  const { deployment } = JSON.parse(exported, reveal) as State;
  return (deployment.resources ?? []).filter((resource) => !resource.delete);
}

/** The commands in a state, by name, with their secrets in clear. @param exported output of `pulumi stack export --show-secrets` */
export function commandsIn(exported: string): ReadonlyMap<string, CommandInState> {
  return new Map(
    resourcesIn(exported)
      .filter(({ urn }) => /command:(remote|local):Command::/.test(urn))
      .map((command) => [command.urn.split("::").at(-1)!, command as CommandInState]),
  );
}

/** The prepared hosts of a stack. @param exported output of `pulumi stack export --show-secrets` */
export function preparedHosts(stack: string, exported: string): PreparedHost[] {
  const steps = commandsIn(exported);
  return [...steps].flatMap(([name, { inputs }]) => {
    const prefix = name.replace(new RegExp(`-${actions.prepare.name}$`), "");
    if (prefix === name || !inputs?.connection) return [];
    return {
      name: prefix.slice(stack.length + 1),
      connection: inputs.connection,
      prefix,
      steps: applied.map((action) => action.name).filter((step) => steps.has(`${prefix}-${step}`)),
    };
  });
}

/** A machine that ssh logs in to: a host, or a bastion. */
interface Stop {
  readonly name: string;
  readonly endpoint: Endpoint;
}

/** All machines to log in to: each host, preceded by its bastion. */
export function stopsOf(hosts: readonly PreparedHost[]): Stop[] {
  return hosts.flatMap(({ name, connection }) => [
    ...(connection.proxy ? [{ name: bastionOf(name), endpoint: connection.proxy }] : []),
    { name, endpoint: connection },
  ]);
}

/** Name of a host's bastion, which no host can have: it has a dot. */
const bastionOf = (name: string): string => `${name}.bastion`;

/** Name of the temporary file of a private key. */
export const keyFile = ({ name }: Stop): string => `${name}.key`;

/** An ssh_config(5) for all machines. ssh accepts only the stack's host keys, and asks nothing. @param folder has the keys */
export function sshConfig(folder: string, hosts: readonly PreparedHost[]): string {
  const common = [
    "Host *",
    "BatchMode yes",
    "ConnectTimeout 10",
    "IdentitiesOnly yes",
    "IdentityAgent none",
    "LogLevel ERROR",
    "StrictHostKeyChecking yes",
    "GlobalKnownHostsFile /dev/null",
    `UserKnownHostsFile "${folder}/known_hosts"`,
  ];
  const byAgent = ["IdentityAgent SSH_AUTH_SOCK", "IdentitiesOnly no"];
  const each = stopsOf(hosts).flatMap((stop) => [
    `Host ${stop.name}`,
    `HostKeyAlias ${stop.name}`,
    `HostName ${stop.endpoint.host.replaceAll("%", "%%")}`,
    `Port ${stop.endpoint.port ?? 22}`,
    `User ${stop.endpoint.user ?? "root"}`,
    ...(stop.endpoint.privateKey === undefined ? byAgent : [`IdentityFile "${folder}/${keyFile(stop)}"`]),
  ]);
  const jumps = hosts
    .filter(({ connection }) => connection.proxy)
    .flatMap(({ name }) => [`Host ${name}`, `ProxyJump ${bastionOf(name)}`]);
  return [...each, ...jumps, ...common, ""].join("\n");
}

/** A known_hosts file with the hosts' keys of the stack. */
export function knownHosts(hosts: readonly PreparedHost[]): string {
  return stopsOf(hosts)
    .map(({ name, endpoint }) => `${name} ${endpoint.hostKey}\n`)
    .join("");
}

/** Whether a host has drifted or could not be read. */
export const isBad = ({ differences, failure }: Drift): boolean => failure !== undefined || differences.length > 0;

/** The report for people: each host's differences, and the command that repairs them. */
export function driftReport(stack: string, drifts: readonly Drift[]): string {
  const bad = drifts.filter(isBad);
  if (drifts.length === 0) return `${stack} has no hosts`;
  if (bad.length === 0) return `nothing differs, hosts looked at: ${drifts.length}`;
  const lines = bad.flatMap(({ host, differences, failure }) => [
    failure === undefined ? `${host.name} is not as it was left:` : `${host.name} could not be looked at:`,
    ...(failure?.split("\n") ?? differences.map((line) => line.slice(line.indexOf(" ") + 1))).map(
      (line) => `  ${line}`,
    ),
  ]);
  const steps = new Set(
    bad.flatMap(({ host, differences }) => differences.map((line) => `${host.prefix}-${line.split(" ", 1)[0]!}`)),
  );
  if (steps.size === 0) return lines.join("\n");
  const replace = [...steps].map((name) => ` --target-replace '**::${name}'`).join("");
  return [...lines, "To repair it:", `  bin/pulumi up --stack ${stack}${replace}`].join("\n");
}
