import { createHash } from "crypto";

/** Short hash of a plain value; the order of its keys counts. */
export function fingerprint(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
}
