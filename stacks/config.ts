import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import { ConfigError, type Mistake } from "./mistakes";
import { findMistakes } from "./rules";
import { schema, type StackConfig } from "./schema";

export type { StackConfig } from "./schema";

/**
 * The stack's config, checked as a whole.
 *
 * @throws ConfigError that lists every mistake, before anything is touched
 */
export function loadConfig(): StackConfig {
  const values = readConfig();
  const inClear = values["sshPrivateKey"] && !encryptedKeys().includes(`${pulumi.getProject()}:sshPrivateKey`);
  return parseConfig(pulumi.getStack(), values, inClear ? [privateKeyInClear] : []);
}

/** As loadConfig, from values that are there already and the mistakes that were seen in reading them. */
export function parseConfig(
  stack: string,
  values: Record<string, unknown>,
  seen: readonly Mistake[] = [],
): StackConfig {
  const parsed = schema.safeParse(values, { error: explain });
  const found = parsed.success ? findMistakes(parsed.data) : parsed.error.issues.flatMap(toMistakes);
  const mistakes = [...seen, ...found];
  if (!parsed.success || mistakes.length > 0) throw new ConfigError(stack, mistakes);
  return parsed.data;
}

/** The keys that the stack's file keeps encrypted; the language host passes them so. */
function encryptedKeys(): string[] {
  return JSON.parse(process.env["PULUMI_CONFIG_SECRET_KEYS"] ?? "[]") as string[];
}

const privateKeyInClear: Mistake = {
  key: "sshPrivateKey",
  message: "is in clear in the stack's file; set it with `pulumi config set --secret sshPrivateKey`, and use a new key",
};

/** Every key that the stack sets for this project; unknown ones too, so that they are reported rather than overlooked. */
function readConfig(): Record<string, unknown> {
  const config = new pulumi.Config();
  const prefix = `${pulumi.getProject()}:`;
  const keys = Object.keys(pulumi.runtime.allConfig()).filter((key) => key.startsWith(prefix));
  return Object.fromEntries(
    keys.map((key) => {
      const name = key.slice(prefix.length);
      const isText = schema.shape[name as keyof typeof schema.shape] === schema.shape.sshPrivateKey;
      return [name, isText ? pulumi.runtime.getConfig(key) : config.getObject(name)];
    }),
  );
}

function toMistakes(issue: z.core.$ZodIssue): Mistake[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      key: keyOf([...issue.path, key]),
      message: `is unknown; ${knownKeys(issue.path)}`,
    }));
  }
  return [{ key: keyOf(issue.path), message: issue.message }];
}

/** Zod's own words where they serve, with the value that was found; ours where a key is missing. */
function explain(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === "invalid_type" && issue.input === undefined) return `is missing; it must be ${issue.expected}`;
  if (issue.code === "invalid_type") return `${JSON.stringify(issue.input)} must be ${issue.expected}`;
  if (issue.code === "invalid_value")
    return `${JSON.stringify(issue.input)} must be one of: ${issue.values.join(", ")}`;
  if (issue.code === "too_small") return `${JSON.stringify(issue.input)} must be at least ${issue.minimum}`;
  if (issue.code === "too_big") return `${JSON.stringify(issue.input)} must be at most ${issue.maximum}`;
  return undefined;
}

/** `["hosts", "existing", 1, "address"]` → `hosts.existing[1].address` */
function keyOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (key, part) => (typeof part === "number" ? `${key}[${part}]` : key ? `${key}.${String(part)}` : String(part)),
    "",
  );
}

/** Names the keys that would have been right beside an unknown one. */
function knownKeys(path: readonly PropertyKey[]): string {
  const object = path.reduce<unknown>((type, part) => {
    const inner = unwrap(type);
    if (inner instanceof z.ZodArray) return inner.element;
    return inner instanceof z.ZodObject ? inner.shape[String(part)] : undefined;
  }, schema);
  const inner = unwrap(object);
  return inner instanceof z.ZodObject ? `known here: ${Object.keys(inner.shape).join(", ")}` : "remove it";
}

function unwrap(type: unknown): unknown {
  return type instanceof z.ZodOptional || type instanceof z.ZodDefault || type instanceof z.ZodPrefault
    ? unwrap(type.unwrap())
    : type;
}
