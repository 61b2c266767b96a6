import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Recipe } from "../../../toolchain/engine/recipe";
import type { Surroundings } from "../../../toolchain/engine/runner";
import { Store } from "../../../toolchain/engine/store";

/** A checkout with its own cache, in a folder that is deleted when the test ends. */
export interface Sandbox {
  around: Surroundings;
  /** Writes a file of the checkout. */
  write(file: string, text: string): void;
  /** A second checkout with the same cache. */
  clone(): Surroundings;
  remove(): void;
}

export function sandbox(): Sandbox {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "kubeadm-kafka-"));
  const store = new Store(path.join(folder, "cache"));
  const checkout = (name: string) => {
    const root = path.join(folder, name);
    return { root, store, logs: path.join(root, "log") };
  };
  const around = checkout("checkout");
  fs.mkdirSync(around.root);
  return {
    around,
    write: (file, text) => fs.writeFileSync(path.join(around.root, file), text),
    clone() {
      fs.cpSync(around.root, path.join(folder, "clone"), { recursive: true });
      fs.rmSync(path.join(folder, "clone", "build"), { recursive: true, force: true });
      return checkout("clone");
    },
    remove: () => fs.rmSync(folder, { recursive: true, force: true }),
  };
}

export function recipe(name: string, more: Partial<Recipe> = {}): Recipe {
  return { name, summary: name, inputs: [], script: `${name}.sh`, ...more };
}
