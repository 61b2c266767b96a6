/** Names of the settings that the config has set for a topic, kept from run to run. */
export interface ConfiguredNames {
  read(): Promise<string[]>;
  write(names: readonly string[]): Promise<void>;
}

/** As they are written: separated by commas. */
export function namesIn(text: string | undefined): string[] {
  return text ? text.split(",") : [];
}
