import type { Recipe } from "../engine/recipe";
import type { MirrorContent } from "../recipes/mirror";
import type { Decision } from "../source/decide";

/** One of the things that `make toolchain` leaves ready: Pulumi, the host image, the mirror, the tests. */
export interface Part {
  name: string;
  /**
   * What has to be in the store for it. Empty where the decision needs nothing built.
   *
   * @param content what the mirror has to have
   */
  recipes(decision: Decision, content: MirrorContent): Recipe[];
  /** Debian packages by the commands that `ready` calls. */
  tools(decision: Decision): Record<string, string>;
  /**
   * Called when its recipes are in the store: puts things in their place and starts what has to run. Does nothing where
   * that was done before.
   *
   * @returns variables for build/toolchain/env; PATH is what goes in front of the user's
   */
  ready(context: Context): Promise<Record<string, string>>;
}

export interface Context {
  decision: Decision;
  /** What the mirror has. */
  content: MirrorContent;
  /** Root of the checkout. */
  root: string;
  /** build/toolchain in it. */
  ours: string;
  /** The cache that all checkouts share. */
  cache: string;
  /** Store path of one of the part's recipes. */
  built: (recipe: Recipe) => string;
}
