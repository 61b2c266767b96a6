import type { Recipe } from "../engine/recipe";

/** A part of the mirror, made by a recipe. */
export interface Piece {
  recipe: Recipe;
  /** What the mirror gets by it, with the version. Another piece may bring some of it, too. @example ["cri-tools-1.34.0"] */
  brings: readonly string[];
}
