/** Names of the settings that the config has set for a topic, stored from run to run. */
export interface ConfiguredNames {
  read(): Promise<string[]>;
  write(names: readonly string[]): Promise<void>;
}

/** Parses stored names, which are separated by commas. */
export function namesIn(text: string | undefined): string[] {
  return text ? text.split(",") : [];
}
