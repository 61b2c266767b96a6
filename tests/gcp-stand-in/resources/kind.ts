import { z } from "zod";

import type { Cloud, Item } from "../cloud";
import type { Properties } from "../properties";

/** A resource's reference to another one. */
export interface Reference {
  /** Path of the property that refers to it, for messages. */
  property: string;
  /** Type of the resource that is referred to. */
  type: string;
  /** Id, self link or, within the same project, name of the resource that is referred to. */
  value: string;
}

/**
 * How the stand-in implements a type of resource. It refuses inputs that aren't listed here, so that it ignores none.
 *
 * Which properties replace a resource, and which are filled in, is taken from the Terraform provider's schemas (ForceNew,
 * Computed), on which Pulumi's plugin is built.
 */
export interface Kind {
  /** @example "gcp:compute/network:Network", as in URNs */
  readonly type: string;
  /** Schema of all properties that are implemented. */
  readonly inputs: z.ZodObject;
  /** The resource's path in Google's API. @example "projects/P/global/networks/N" */
  id(inputs: Properties, project: string): string;
  /** Paths of properties that Google can't change in place. */
  readonly replacing: readonly string[];
  /** Paths that the cloud fills in if the program leaves them out. To leave one out later is no change. */
  readonly filledIn?: readonly string[];
  references?(inputs: Properties): Reference[];
  /** @returns a sentence for each other reason for which Google would refuse the resource. All resources that it refers to exist. */
  refuse?(inputs: Properties, cloud: Cloud, itself: Item | undefined): string[];
  /** Values that the cloud assigns when it creates the resource, such as addresses and numbers. */
  fill?(inputs: Properties, cloud: Cloud, project: string): Properties;
  /** Outputs beside the inputs and the self link. */
  outputs?(item: Item): Properties;
  /** Effects on containers, after the record was created, changed or removed. */
  created?(item: Item, cloud: Cloud): Promise<void>;
  updated?(item: Item, changed: readonly string[], cloud: Cloud): Promise<void>;
  deleted?(item: Item, cloud: Cloud): Promise<void>;
}

/** A name that Google accepts. */
const name = z
  .string()
  .regex(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/, "must be 1-63 characters: a-z, 0-9 and -, a letter first, no - last");

export const labels = z.record(
  z.string().regex(/^[a-z][-_a-z0-9]{0,62}$/, "isn't a label's key"),
  z.string().regex(/^[-_a-z0-9]{0,63}$/, "isn't a label's value"),
);

export const cidr = z.cidrv4();

/** Properties of nearly every type. */
export const common = { name, project: z.string().optional(), description: z.string().optional() };

/** The resource's own project. @param project the provider's, which is the default */
export function projectOf(inputs: Properties, project: string): string {
  return (inputs["project"] as string | undefined) ?? project;
}

/** A list of one reference, or of none if the property isn't set. */
export function reference(property: string, type: string, value: unknown): Reference[] {
  return typeof value === "string" ? [{ property, type, value }] : [];
}
