import { type Encryption, encryptions, whyNotFrom } from "../components/kafka/plan/encryption";
import type { Unread } from "./keptVersions";
import { codes, mistake, type Mistake } from "./mistakes";

/** What a stack's state says of the protection of Kafka's connections. */
export interface KeptEncryption {
  /** The step that the last `up` has begun. @default the stack has no Kafka yet */
  readonly encryption?: Encryption | undefined;
}

/**
 * Refuses a config that would take a stack over more than one step at once. If the state can't be read, the API server refuses it:
 * components/kafka/declared/encryptionGuard.ts.
 */
export function encryptionMistakes(
  values: Readonly<Record<string, unknown>>,
  kept: KeptEncryption | Unread,
): Mistake[] {
  const wanted = wantedBy(values);
  if ("unread" in kept || kept.encryption === undefined || wanted === undefined) return [];
  const reason = whyNotFrom(kept.encryption, wanted);
  return reason === undefined ? [] : [mistake(codes.encryptionJump, "kafka.security.encryption", reason)];
}

/** The step that the config names, or the default; undefined if the schema will refuse it. */
function wantedBy(values: Readonly<Record<string, unknown>>): Encryption | undefined {
  const { kafka } = values as { kafka?: { security?: { encryption?: unknown } | null } | null };
  const named = kafka?.security?.encryption ?? "open";
  return encryptions.find((each) => each === named);
}
