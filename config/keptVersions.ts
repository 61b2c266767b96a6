import { kubernetesVersions } from "../components/artifacts/kubernetesReleases";
import { versions } from "../components/artifacts/versions";
import { compareVersions, minorOf } from "../components/cluster/versionsPlan";
import { codes, mistake, type Mistake, type Mistakes } from "./mistakes";
import { isSupportedKafka } from "./rules/kafka";
import type { StackConfig } from "./schema/schema";

/**
 * Versions that a stack runs, by its state. It keeps them until its config names others, so that a newer checkout, whose defaults are
 * newer, changes nothing by itself.
 */
export interface KeptVersions {
  /** @default the stack has no cluster yet @example "1.34.4" */
  readonly kubernetes?: string | undefined;
  /** @default the stack has no Kafka yet @example "4.3.1" */
  readonly kafka?: string | undefined;
}

/** Why the state couldn't be read, so that nobody knows which versions the stack runs. */
export interface Unread {
  readonly unread: string;
}

type Values = Readonly<Record<string, unknown>>;
type Product = keyof KeptVersions;

const names: Readonly<Record<Product, string>> = { kubernetes: "Kubernetes", kafka: "Kafka" };

const isSupported: Readonly<Record<Product, (version: string) => boolean>> = {
  kubernetes: (version) => kubernetesVersions.includes(version),
  kafka: isSupportedKafka,
};

/** The supported versions to which a stack can be upgraded at once, oldest first. */
const upgrades: Readonly<Record<Product, (version: string) => string[]>> = {
  kubernetes: (version) => newer(version, kubernetesVersions).filter((other) => minorOf(other) <= minorOf(version) + 1),
  kafka: (version) => newer(version, [versions.kafka]),
};

function newer(version: string, supported: readonly string[]): string[] {
  return supported.filter((other) => compareVersions(other, version) > 0).sort(compareVersions);
}

/** Fills in the versions that the config doesn't name. A value of a wrong type stays, so that the schema refuses it. */
export function withKept(values: Values, kept: KeptVersions | Unread): Record<string, unknown> {
  const filled = unnamed(values).flatMap((product) => {
    const version = "unread" in kept ? undefined : kept[product];
    const isUsable = version !== undefined && isSupported[product](version);
    return isUsable ? [[product, { ...(values[product] as object | undefined), version }] as const] : [];
  });
  return { ...values, ...Object.fromEntries(filled) };
}

/** Versions that the stack has to keep, and that this checkout can't run or doesn't know. */
export function keptMistakes(values: Values, kept: KeptVersions | Unread): Mistake[] {
  return unnamed(values).flatMap((product) => [...judgeKept(product, kept)]);
}

function* judgeKept(product: Product, kept: KeptVersions | Unread): Mistakes {
  const key = `${product}.version`;
  if ("unread" in kept) {
    const message = `isn't set, and which ${names[product]} the stack runs can't be read from its state (${kept.unread}); set the version that it runs`;
    yield mistake(codes.keptUnread, key, message);
    return;
  }
  const version = kept[product];
  if (version === undefined || isSupported[product](version)) return;
  const next = upgrades[product](version).at(-1);
  const remedy = "use the checkout that made or last upgraded it" + (next ? `, or upgrade it: set ${next}` : "");
  const message = `isn't set, so the stack keeps ${names[product]} ${version}, which this checkout can't run; ${remedy}`;
  yield mistake(codes.keptUnsupported, key, message);
}

/**
 * Says to which newer versions of this checkout a stack can be upgraded. A stack that has still to become what its config names is
 * offered nothing.
 *
 * @returns a sentence for each of Kubernetes and Kafka, with the command that sets the version
 */
export function offers(
  stack: string,
  config: { readonly [P in Product]: Pick<StackConfig[P], "version"> },
  kept: KeptVersions | Unread,
): string[] {
  if ("unread" in kept) return [];
  return (["kubernetes", "kafka"] as const).flatMap((product) => {
    const version = kept[product];
    const next = version === config[product].version ? upgrades[product](version).at(-1) : undefined;
    if (next === undefined) return [];
    const command = `bin/pulumi config set --stack ${stack} --path ${product}.version ${next}`;
    return [`This checkout has ${names[product]} ${next}. The stack stays at ${version} until you set it: ${command}`];
  });
}

/** The products of which the config has no version, and where it has room for one. */
function unnamed(values: Values): Product[] {
  return (["kubernetes", "kafka"] as const).filter((product) => {
    const value = values[product];
    if (value === undefined) return true;
    return typeof value === "object" && value !== null && !Array.isArray(value) && !("version" in value);
  });
}
