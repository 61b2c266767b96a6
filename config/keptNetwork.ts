import type { Unread } from "./keptVersions";
import { codes, mistake, type Mistake } from "./mistakes";
import type { StackConfig } from "./schema/schema";

type Mode = StackConfig["kafka"]["security"]["network"]["mode"];

/**
 * What a stack's state says of its network. An open stack stays open until its config says otherwise, since a newer checkout, whose
 * new stacks are closed, must not lock its clients out.
 */
export interface KeptNetwork {
  /** @default the stack has no Kafka yet */
  readonly network?: Mode | undefined;
}

type Values = Readonly<Record<string, unknown>>;

const PATH = ["kafka", "security", "network"] as const;

/** Fills in the mode that the config doesn't name. A value of a wrong type stays, so that the schema refuses it. */
export function withKeptNetwork(values: Values, kept: KeptNetwork | Unread): Record<string, unknown> {
  if ("unread" in kept || kept.network === undefined || !isNetworkUnnamed(values)) return { ...values };
  const [kafka, security, network] = sectionsOf(values) as Values[];
  return { ...values, kafka: { ...kafka, security: { ...security, network: { ...network, mode: kept.network } } } };
}

/** Refuses to take a default for the mode of a stack whose state can't be read. */
export function keptNetworkMistakes(values: Values, kept: KeptNetwork | Unread): Mistake[] {
  if (!("unread" in kept) || !isNetworkUnnamed(values)) return [];
  const message = `isn't set, and whether the stack is open can't be read from its state (${kept.unread}); set open or closed, as it is`;
  return [mistake(codes.keptNetworkUnread, [...PATH, "mode"].join("."), message)];
}

/** Whether the config leaves the mode to the stack, and has room for it. */
export function isNetworkUnnamed(values: Values): boolean {
  const sections = sectionsOf(values);
  return sections.every(isSection) && !("mode" in (sections.at(-1) ?? {}));
}

/**
 * What a preview of an open stack says, if its config doesn't.
 *
 * @returns a sentence with the command that closes it; none for a stack that is closed, new or open by its config
 */
export function networkOffer(stack: string, isUnnamed: boolean, kept: KeptNetwork | Unread): string[] {
  if ("unread" in kept || kept.network !== "open" || !isUnnamed) return [];
  return [
    "Kafka is open to every pod of the cluster, and so is the port by which controllers register. To let in only the clients that you name " +
      `(docs/network.md): bin/pulumi config set --stack ${stack} --path kafka.security.network.mode closed`,
  ];
}

/** The sets of keys on the path to the mode; undefined for those that the config doesn't have. */
function sectionsOf(values: Values): unknown[] {
  const sections: unknown[] = [];
  for (const name of PATH) {
    const outer = sections.length > 0 ? sections.at(-1) : values;
    sections.push(isSection(outer) ? outer?.[name] : undefined);
  }
  return sections;
}

function isSection(value: unknown): value is Values | undefined {
  return value === undefined || (typeof value === "object" && value !== null && !Array.isArray(value));
}
