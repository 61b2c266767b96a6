import { z } from "zod";

import type { Cloud, Item } from "../cloud";
import type { Properties } from "../properties";

/** Another resource that a resource names. */
export interface Reference {
  /** The property that names it, as messages show it. */
  property: string;
  /** Its type. */
  type: string;
  /** Its id, its self link, or within the same project its name. */
  value: string;
}

/**
 * What the stand-in knows of one type of resource. Whatever isn't here is refused, so that no input passes unseen.
 *
 * Which properties replace a resource, and which are filled in, is taken from the Terraform provider's schemas (ForceNew,
 * Computed), on which Pulumi's plugin is built.
 */
export interface Kind {
  /** As in a program's URNs: `gcp:compute/network:Network`. */
  readonly type: string;
  /** Every property that can be kept. */
  readonly inputs: z.ZodObject;
  /** Google's path of it: `projects/P/global/networks/N`. */
  id(inputs: Properties, project: string): string;
  /** Paths of properties that Google can't change in place. */
  readonly replacing: readonly string[];
  /** Paths that the cloud fills in where the program doesn't give them: leaving one out is no change. */
  readonly filledIn?: readonly string[];
  references?(inputs: Properties): Reference[];
  /** What Google would refuse further, a sentence each. Everything that is referred to is there. */
  refuse?(inputs: Properties, cloud: Cloud, itself: Item | undefined): string[];
  /** What the cloud decides when it makes it: addresses, numbers. */
  fill?(inputs: Properties, cloud: Cloud, project: string): Properties;
  /** Beside its inputs and its self link. */
  outputs?(item: Item): Properties;
  /** Deeds behind the record: containers. Before `created` the record is there, after `deleted` it is gone. */
  created?(item: Item, cloud: Cloud): Promise<void>;
  updated?(item: Item, changed: readonly string[], cloud: Cloud): Promise<void>;
  deleted?(item: Item, cloud: Cloud): Promise<void>;
}

/** A name that Google takes. */
const name = z
  .string()
  .regex(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/, "must be 1-63 characters: a-z, 0-9 and -, a letter first, no - last");

export const labels = z.record(
  z.string().regex(/^[a-z][-_a-z0-9]{0,62}$/, "isn't a label's key"),
  z.string().regex(/^[-_a-z0-9]{0,63}$/, "isn't a label's value"),
);

export const cidr = z.cidrv4();

/** Properties that every type here has. */
export const common = { name, project: z.string().optional(), description: z.string().optional() };

/** Where the provider's `project` isn't overridden. */
export function projectOf(inputs: Properties, project: string): string {
  return (inputs["project"] as string | undefined) ?? project;
}

/** A reference that may not be given. */
export function reference(property: string, type: string, value: unknown): Reference[] {
  return typeof value === "string" ? [{ property, type, value }] : [];
}
