import * as pulumi from "@pulumi/pulumi";

import { ConfigError } from "./configError";
import { findMistakes } from "./findMistakes";
import { codes, type Mistake } from "./mistakes";
import { schema, type StackConfig } from "./schema/schema";
import { schemaMistakes } from "./schema/schemaMistakes";
import { isConsequence, validParts, withoutStandIns } from "./schema/validParts";

export type { StackConfig } from "./schema/schema";

/** A stack's config, and what its file says of it beside the values. */
export type LoadedConfig = StackConfig & {
  readonly kafka: {
    /**
     * Whether something below `kafka` is encrypted in the stack's file. Pulumi says which of the top-level keys hold
     * secrets, not where in them: all of `kafka.properties` counts as secret then.
     */
    readonly secretProperties: boolean;
  };
};

/**
 * The stack's config, checked as a whole.
 *
 * @throws ConfigError that lists every mistake, before anything is touched
 */
export function loadConfig(): LoadedConfig {
  const values = readConfig();
  const encrypted = encryptedKeys();
  const inClear = values["sshPrivateKey"] && !encrypted.includes("sshPrivateKey");
  const seen = [...(inClear ? [privateKeyInClear] : []), ...(lacksAgent(values) ? [noAgent] : [])];
  return parseConfig(pulumi.getStack(), values, seen, encrypted);
}

/**
 * As loadConfig, from values that are there already and the mistakes that were seen in reading them.
 *
 * @param encrypted top-level keys with encrypted values, which no message repeats
 */
export function parseConfig(
  stack: string,
  values: Record<string, unknown>,
  seen: readonly Mistake[] = [],
  encrypted: readonly string[] = [],
): LoadedConfig {
  const parsed = schema.safeParse(values, { reportInput: true });
  const issues = parsed.error?.issues ?? [];
  const parts = parsed.success ? { config: parsed.data, refused: [] } : validParts(values, issues);
  const byRules = parts ? findMistakes(stack, parts.config, encrypted) : [];
  const refused = parts?.refused ?? [];
  const mistakes = [
    ...seen,
    ...issues.flatMap((issue) => schemaMistakes(issue, encrypted)),
    ...byRules.filter((mistake) => !isConsequence(mistake, refused)).map(withoutStandIns),
  ].sort((a, b) => a.key.localeCompare(b.key, "en", { numeric: true }));
  if (!parsed.success || mistakes.length > 0) throw new ConfigError(stack, mistakes);
  return { ...parsed.data, kafka: { ...parsed.data.kafka, secretProperties: encrypted.includes("kafka") } };
}

/** Top-level keys of which the stack's file keeps something encrypted; the language host passes them so. */
function encryptedKeys(): string[] {
  const prefix = `${pulumi.getProject()}:`;
  const keys = JSON.parse(process.env["PULUMI_CONFIG_SECRET_KEYS"] ?? "[]") as string[];
  return keys.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
}

/** A preview logs in nowhere, so it needs none. */
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

/** Every key that the stack sets for this project; unknown ones too, so that they are reported rather than overlooked. */
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

/** Sets of keys come as JSON. Other text is taken as it is: Pulumi's own error for it would print the whole value. */
function parseValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
