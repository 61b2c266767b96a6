/** How one artifact is built: data plus a script. Its result is kept in the store under a hash of all of this. */
export interface Recipe {
  /** Name of the store's entry, for instance "kubernetes" or "image-kafka". Unique. */
  name: string;
  /** What it makes, in a few words; shown by progress and doctor. */
  summary: string;
  /** Repo-relative files and folders whose content is part of the key. A file that the script sources belongs here. */
  inputs: string[];
  /** Part of the key; passed to the script as environment. @default {} */
  settings?: Record<string, string>;
  /**
   * Name under which scripts that need it find it, where recipes build the same programs in several versions. @default name
   *
   * @example "kubernetes" of the recipe kubernetes-1-35-4
   */
  as?: string;
  /** Built before; the script finds each one's store path as NAME_DIR (upper case, `-` → `_`). @default [] */
  needs?: Recipe[];
  /**
   * Repo-relative bash script. It runs at the root of the checkout, with node_modules/.bin first on PATH, and with
   *   OUT    empty folder to fill: it becomes the store's entry
   *   WORK   empty folder for scratch, dropped afterwards
   *   BUILD  folder for caches of compilers and package managers, shared by all recipes, dropped after a successful run
   */
  script: string;
  /**
   * Commands that the script calls and a bare Debian lacks, with the Debian packages that bring them. Not part of the
   * key. @default {}
   */
  tools?: Record<string, string>;
  /** What it costs on two cores with empty caches: shown by doctor; the scheduler starts the longest chain first. */
  usual?: Cost;
}

export interface Cost {
  /** Wall time of the build. */
  seconds: number;
  /** Size of the result. */
  megabytes: number;
}

/** Name of the variable in which a script finds the store path of a recipe that it needs. */
export function directoryVariable({ name, as = name }: Recipe): string {
  return `${as.toUpperCase().replaceAll("-", "_")}_DIR`;
}
