import { z } from "zod";

/**
 * Zones of the regions that tests use.
 *
 * @see https://cloud.google.com/compute/docs/regions-zones
 */
const zones: Record<string, readonly string[]> = {
  "europe-west1": ["b", "c", "d"],
  "europe-west3": ["a", "b", "c"],
  "europe-west4": ["a", "b", "c"],
  "europe-west8": ["a", "b", "c"],
  "us-central1": ["a", "b", "c", "f"],
  "us-west1": ["a", "b", "c"],
};

/** @returns undefined if there is no such zone */
export function regionOf(zone: string): string | undefined {
  const [region, letter] = [zone.slice(0, -2), zone.slice(-1)];
  return zone.at(-2) === "-" && zones[region]?.includes(letter) ? region : undefined;
}

export const region = z.string().refine((given) => given in zones, "isn't a region that the stand-in knows");

export const zone = z.string().refine((given) => regionOf(given) !== undefined, "isn't a zone that there is");
