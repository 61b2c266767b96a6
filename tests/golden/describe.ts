import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";

import * as pulumi from "@pulumi/pulumi";

import { root } from "../support/stack";
import { type Recording, type Registration, shortUrn } from "./record";
import { standIns } from "./stacks";

const { specialSigKey, specialSecretSig, unknownValue } = pulumi.runtime;

/** A secret input, whose value is a stand-in, see tests/support/standIns.ts. */
export class Secret {
  constructor(readonly value: unknown) {}
}

/** A resource and its declaration, without empty and undefined properties. */
export type Description = Record<string, unknown>;

/** A stack's resources by `type::name`; children follow their component. */
export type Descriptions = Record<string, Description>;

export function describeAll(recording: Recording): Descriptions {
  const path = (key: string): string => {
    const parent = shortUrn(recording.get(key)!.request.getParent());
    return parent ? `${path(parent)} ${key}` : key;
  };
  const keys = [...recording.keys()].sort((one, other) => (path(one) < path(other) ? -1 : 1));
  return Object.fromEntries(keys.map((key) => [key, describe(recording.get(key)!)]));
}

function describe({ request, outputs }: Registration): Description {
  const timeouts = request.getCustomtimeouts();
  return withoutEmpty({
    parent: shortUrn(request.getParent()),
    dependsOn: dependencies(request),
    provider: shortUrn(request.getProvider()),
    providers: request
      .getProvidersMap()
      .toArray()
      .map(([, provider]) => shortUrn(provider)),
    deletedWith: shortUrn(request.getDeletedwith()),
    replaceWith: request.getReplaceWithList().map(shortUrn),
    protect: request.getProtect(),
    retainOnDelete: request.getRetainondelete(),
    deleteBeforeReplace: request.getDeletebeforereplace(),
    ignoreChanges: request.getIgnorechangesList(),
    replaceOnChanges: request.getReplaceonchangesList(),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    customTimeouts: timeouts && withoutEmpty(timeouts.toObject()),
    import: request.getImportid(),
    aliases: aliases(request),
    inputs: readable(request.getObject()?.toJavaScript(), request.getType()),
    outputs: readable(outputs),
  });
}

/** A resource's dependencies. In brackets are the inputs that need each; without brackets only `dependsOn` requires it. */
function dependencies(request: Registration["request"]): string[] {
  const inputs = new Map<string, string[]>();
  request.getPropertydependenciesMap().forEach((dependencies, input) => inputs.set(input, dependencies.getUrnsList()));
  return request
    .getDependenciesList()
    .map((urn) => {
      const neededFor = [...inputs].filter(([, urns]) => urns.includes(urn)).map(([input]) => input);
      return neededFor.length ? `${shortUrn(urn)} (${neededFor.sort().join(", ")})` : shortUrn(urn);
    })
    .sort();
}

/** The program's own aliases. Those of the Kubernetes SDK are a type's former API versions. */
function aliases(request: Registration["request"]): object[] {
  return request
    .getAliasesList()
    .map((alias) => withoutEmpty({ urn: alias.getUrn(), ...alias.getSpec()?.toObject() }))
    .filter(({ type }) => !String(type).startsWith("kubernetes:"));
}

/** Decodes a value of Pulumi's wire format. Texts that are files of the repository are replaced by their names and hashes. */
function readable(value: unknown, type = ""): unknown {
  if (typeof value === "string") return shortenText(value);
  if (Array.isArray(value)) return value.map((each) => readable(each));
  if (typeof value !== "object" || value === null) return value;
  const { [specialSigKey]: signature, ...rest } = value as Record<string, unknown>;
  if (signature === specialSecretSig) return new Secret(readable(rest["value"]));
  if (signature !== undefined)
    throw new Error(`a value with the signature ${JSON.stringify(signature)} can't be described`);
  const inManifest = type.endsWith(":CustomResourceDefinition") ? "spec" : undefined;
  return Object.fromEntries(
    Object.keys(rest)
      .sort()
      .map((key) => [key, key === inManifest ? `<${hash(JSON.stringify(rest[key]))}>` : readable(rest[key])]),
  );
}

const scripts = globSync("components/**/scripts/**/*.*", { cwd: root })
  .map((path) => ({ path, text: readFileSync(`${root}/${path}`, "utf8").trimEnd() }))
  .map(({ path, text }) => ({ text, inShort: `<${path} ${hash(text)}>` }))
  .flatMap((script) => [script, { ...script, text: script.text.replaceAll("'", "'\\''") }]); // in a script's input
/** Longer than any text that is written in the program itself. */
const LONG = 6000;

function shortenText(text: string): string {
  const timeless = text
    .replace(/ \d{10}(?='? # preflight\.sh$)/, " <seconds since 1970>")
    .replace(/^WINDOW='\d+'$/m, "WINDOW='<number of the time window>'");
  const named = [...scripts, ...standIns].reduce(
    (shorter, script) => shorter.replaceAll(script.text, script.inShort),
    timeless,
  );
  return named.length > LONG ? `<${named.length} characters ${hash(named)}>` : named;
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

function withoutEmpty(description: Record<string, unknown>): Description {
  const isEmpty = (value: unknown) =>
    value === undefined || value === "" || value === false || (isContainer(value) && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(description).filter(([, value]) => !isEmpty(value)));
}

/**
 * The paths of the values that the first preview doesn't know yet. That may be a part of `dependsOn`: an output may decide
 * which resource waits for which, and which input needs another resource.
 *
 * @throws Error if a value in the preview differs from the one of `up`
 */
export function unknownInPreview(preview: unknown, up: unknown, path = ""): string[] {
  if (preview === unknownValue) return [path];
  if (path === "dependsOn" && isPartOf(preview, up)) return [path];
  if (preview instanceof Secret && up instanceof Secret) return unknownInPreview(preview.value, up.value, path);
  if (isContainer(preview) && isContainer(up)) {
    const keys = [...new Set([...Object.keys(preview), ...Object.keys(up)])];
    return keys.flatMap((key) => unknownInPreview(preview[key], up[key], join(path, key, Array.isArray(up))));
  }
  if (preview !== up) throw new Error(`${path}: ${JSON.stringify(preview)}, then ${JSON.stringify(up)}`);
  return [];
}

/** Whether a list of dependencies lacks some of the other one's, or the inputs that need them, and has nothing else. */
function isPartOf(list: unknown, other: unknown): boolean {
  if (!Array.isArray(list) || !Array.isArray(other) || isDeepStrictEqual(list, other)) return false;
  return list.every((each) => other.some((whole: string) => whole === each || whole.startsWith(`${each} (`)));
}

/** `spec.containers` and `0` → `spec.containers[0]` */
export function join(path: string, key: string, isIndex: boolean): string {
  if (isIndex) return `${path}[${key}]`;
  return path ? `${path}.${key}` : key;
}

export function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !(value instanceof Secret);
}
