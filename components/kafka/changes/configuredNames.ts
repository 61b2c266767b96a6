/** Names of the settings that the config has set for a topic, stored from run to run. */
export interface ConfiguredNames {
  /** @param topicId id of the topic that is there; undefined if there is none */
  read(topicId: string | undefined): Promise<string[]>;
  write(topicId: string | undefined, names: readonly string[]): Promise<void>;
}

/** Names as they are stored, and what they apply to. */
interface StoredNames {
  readonly names: readonly string[];
  /** Uid of the topic's listing, see declared/topicListing.ts. */
  readonly listing: string;
  /** Kafka's id of the topic. @default the one that was about to be created */
  readonly topicId?: string | undefined;
}

export function storedText({ names, listing, topicId }: StoredNames): string {
  return JSON.stringify({ listing, topicId, names: names.toSorted() });
}

/**
 * Parses stored names. They count only as long as the config has listed the topic without interruption, and only for the topic that
 * they were stored for: since then, others may have set the same settings, which stay.
 *
 * @param listing uid of the present listing @default any
 */
export function namesIn(text: string | undefined, topicId: string | undefined, listing?: string): string[] {
  const stored = parse(text);
  if (!stored || (listing !== undefined && stored.listing !== listing)) return [];
  const isOfAnother = stored.topicId !== undefined && topicId !== undefined && stored.topicId !== topicId;
  return isOfAnother ? [] : [...stored.names];
}

/** Anything else than stored names counts as none, so that settings stay. */
function parse(text: string | undefined): StoredNames | undefined {
  try {
    const stored = JSON.parse(text ?? "") as Partial<StoredNames>;
    return Array.isArray(stored.names) && stored.listing !== undefined ? (stored as StoredNames) : undefined;
  } catch {
    return undefined;
  }
}
