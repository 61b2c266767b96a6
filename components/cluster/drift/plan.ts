import { actions } from "../actions";
import type { ScriptInputs } from "../hostScript";

/** How a machine is reached, as the stack's state has it. */
interface Endpoint {
  host: string;
  port?: number;
  user?: string;
  hostKey: string;
  /** Without one it is the SSH agent that logs in. */
  privateKey?: string;
}

interface Connection extends Endpoint {
  /** The bastion in front of it. */
  proxy?: Endpoint;
}

/** A host that steps have run on. */
export interface PreparedHost {
  readonly name: string;
  readonly connection: Connection;
  /** What its steps' resources are called, up to the step's name. */
  readonly prefix: string;
  /** Those that write down what they applied: see `keep_applied` in scripts/lib/lib.sh. */
  readonly steps: readonly string[];
}

/** The actions that write down what they applied. */
const applied = [actions.prepare, actions.controlPlane, actions.join];

export const driftInputs = ({ steps }: PreparedHost): ScriptInputs => ({ STEPS: steps.join(" ") });

/** What is different on a host; nothing where all is as it was applied. */
export interface Drift {
  readonly host: PreparedHost;
  /** A line each, as drift.sh prints it: `STEP WHAT`. */
  readonly differences: readonly string[];
  /** Why it could not be looked at. */
  readonly failure?: string;
}

interface State {
  deployment: { resources?: { urn: string; delete?: boolean; inputs?: { connection?: Connection } }[] };
}

const marksSecret = "4dabf18193072939515e22adb298388d";

/** @param exported what `pulumi stack export --show-secrets` prints */
export function preparedHosts(stack: string, exported: string): PreparedHost[] {
  const reveal = (_key: string, value: unknown): unknown =>
    value !== null && typeof value === "object" && marksSecret in value && "plaintext" in value
      ? JSON.parse(String(value.plaintext), reveal)
      : value;
  const { deployment } = JSON.parse(exported, reveal) as State;
  const steps = new Map(
    (deployment.resources ?? [])
      .filter(({ urn, delete: goes }) => !goes && urn.includes("command:remote:Command::"))
      .map(({ urn, inputs }) => [urn.split("::").at(-1)!, inputs]),
  );
  return [...steps].flatMap(([name, inputs]) => {
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

/** A machine that is logged in to, on the way or at its end, under a name of its own. */
interface Stop {
  readonly name: string;
  readonly endpoint: Endpoint;
}

/** The hosts, and in front of each its bastion. */
export function stopsOf(hosts: readonly PreparedHost[]): Stop[] {
  return hosts.flatMap(({ name, connection }) => [
    ...(connection.proxy ? [{ name: bastionOf(name), endpoint: connection.proxy }] : []),
    { name, endpoint: connection },
  ]);
}

/** No host can have this name. */
const bastionOf = (name: string): string => `${name}.bastion`;

/** The file that a private key is in for the moment. */
export const keyFile = ({ name }: Stop): string => `${name}.key`;

/** Each machine under its name, with the one host key that the stack knows; nobody is asked anything. */
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
    `HostName ${stop.endpoint.host}`,
    `Port ${stop.endpoint.port ?? 22}`,
    `User ${stop.endpoint.user ?? "root"}`,
    ...(stop.endpoint.privateKey === undefined ? byAgent : [`IdentityFile "${folder}/${keyFile(stop)}"`]),
  ]);
  const jumps = hosts
    .filter(({ connection }) => connection.proxy)
    .flatMap(({ name }) => [`Host ${name}`, `ProxyJump ${bastionOf(name)}`]);
  return [...each, ...jumps, ...common, ""].join("\n");
}

export function knownHosts(hosts: readonly PreparedHost[]): string {
  return stopsOf(hosts)
    .map(({ name, endpoint }) => `${name} ${endpoint.hostKey}\n`)
    .join("");
}

export const isBad = ({ differences, failure }: Drift): boolean => failure !== undefined || differences.length > 0;

/** What people read: each host's differences, and the command that repairs all of them. */
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
