import * as pulumi from "@pulumi/pulumi";

import { ConfigError } from "./configError";
import { encryptionMistakes, type KeptEncryption } from "./keptEncryption";
import { isNetworkUnnamed, type KeptNetwork, keptNetworkMistakes, withKeptNetwork } from "./keptNetwork";
import { keptMistakes, type KeptVersions, type Unread, withKept } from "./keptVersions";
import { codes, type Mistake } from "./mistakes";
import { type LoadedConfig, parseConfig } from "./parseConfig";
import { schema } from "./schema/schema";

/**
 * Reads the stack's config from Pulumi and checks it as a whole. This is the only file of config/ that imports Pulumi.
 *
 * @param mistakesHere finds what this machine lacks for a config that has no mistake itself
 * @param kept what the stack keeps where its config names nothing @default nothing: a new stack gets this checkout's defaults
 * @returns the config, and whether it leaves the network's mode to the stack
 * @throws RunError that lists every mistake, before anything is touched: Pulumi prints it without a stack trace
 */
export function loadConfig(
  mistakesHere: (config: LoadedConfig) => readonly Mistake[] = () => [],
  kept: (KeptVersions & KeptNetwork & KeptEncryption) | Unread = {},
): LoadedConfig & { readonly isNetworkUnnamed: boolean } {
  const values = readConfig();
  const encrypted = encryptedKeys();
  const inClear = values["sshPrivateKey"] && !encrypted.includes("sshPrivateKey");
  const mistakes = [
    ...(inClear ? [privateKeyInClear] : []),
    ...(lacksAgent(values) ? [noAgent] : []),
    ...keptMistakes(values, kept),
    ...keptNetworkMistakes(values, kept),
    ...encryptionMistakes(values, kept),
  ];
  try {
    const filled = withKeptNetwork(withKept(values, kept), kept);
    const config = parseConfig(pulumi.getStack(), filled, mistakes, encrypted);
    const madeHere = mistakesHere(config);
    if (madeHere.length > 0) throw new ConfigError(pulumi.getStack(), madeHere);
    return { ...config, isNetworkUnnamed: isNetworkUnnamed(values) };
  } catch (error) {
    throw error instanceof ConfigError ? new pulumi.RunError(error.message, { cause: error }) : error;
  }
}

/** Top-level keys with an encrypted value below them in the stack's file, as the language host passes them. */
function encryptedKeys(): string[] {
  const prefix = `${pulumi.getProject()}:`;
  const keys = JSON.parse(process.env["PULUMI_CONFIG_SECRET_KEYS"] ?? "[]") as string[];
  return keys.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
}

/** Whether an SSH agent is needed and missing. A preview logs in nowhere, so it needs none. */
function lacksAgent({ hosts }: { hosts?: unknown }): boolean {
  const { ssh } = (hosts ?? {}) as { ssh?: { agent?: unknown } };
  return ssh?.agent === true && !process.env["SSH_AUTH_SOCK"] && !pulumi.runtime.isDryRun();
}

const noAgent: Mistake = {
  code: codes.noAgent,
  key: "hosts.ssh.agent",
  message: "needs an SSH agent, and SSH_AUTH_SOCK names none; `eval $(ssh-agent)` and `ssh-add`, or set sshPrivateKey",
};

const privateKeyInClear: Mistake = {
  code: codes.privateKeyInClear,
  key: "sshPrivateKey",
  message:
    "is in clear in the stack's file; set it with `bin/pulumi config set --secret sshPrivateKey`, and use a new key",
};

/** Every key that the stack sets for this project, including unknown ones, so that they are reported. */
function readConfig(): Record<string, unknown> {
  const prefix = `${pulumi.getProject()}:`;
  const keys = Object.keys(pulumi.runtime.allConfig()).filter((key) => key.startsWith(prefix));
  return Object.fromEntries(
    keys.map((key) => {
      const name = key.slice(prefix.length);
      const text = pulumi.runtime.getConfig(key)!;
      const isText = schema.shape[name as keyof typeof schema.shape] === schema.shape.sshPrivateKey;
      return [name, isText ? text : parseValue(text)];
    }),
  );
}

/** Parses a set of keys, which Pulumi passes as JSON. Other text stays as it is: Pulumi's own error would print the whole value. */
function parseValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
