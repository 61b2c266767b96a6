import { version } from "@pulumi/gcp/package.json";
import { z } from "zod";

import { type Cloud, type Item, selfLink } from "./cloud";
import type { Provider } from "./plugin";
import { changedPaths, isBelow, type Properties, unknown, valueAt } from "./properties";
import { kindOf, usersOf } from "./resources";
import { projectOf } from "./resources/kind";

/** Schema of the provider's own config. */
const config = z.strictObject({
  project: z.string(),
  region: z.string().optional(),
  zone: z.string().optional(),
  version: z.string().optional(),
});

/**
 * A stand-in for Google Cloud behind Pulumi's engine. It keeps resources in a state of its own, and refuses inputs that it doesn't
 * implement.
 */
export class StandInProvider implements Provider {
  /** Version of the plugin that it replaces, which the engine asks for. */
  readonly version = version;
  private project = "";

  constructor(private readonly cloud: Cloud) {}

  configure(given: Properties): void {
    const parsed = config.safeParse(given);
    if (!parsed.success) throw new Error(`provider: ${sentences(parsed.error).join("; ")}`);
    this.project = parsed.data.project;
  }

  check(type: string, inputs: Properties): string[] {
    const parsed = kindOf(type).inputs.safeParse(inputs);
    return parsed.success ? [] : sentences(parsed.error, inputs);
  }

  diff(type: string, old: Properties, inputs: Properties): { changed: string[]; replacing: string[] } {
    const { replacing, filledIn } = kindOf(type);
    const changed = changedPaths(old, inputs, filledIn);
    return { changed, replacing: changed.filter((path) => isBelow(path, replacing)) };
  }

  async create(type: string, inputs: Properties, preview: boolean): Promise<{ id: string; outputs: Properties }> {
    const kind = kindOf(type);
    if (preview) return { id: "", outputs: inputs };
    const id = kind.id(inputs, projectOf(inputs, this.project));
    if (this.cloud.get(id)) throw new Error(`the resource '${id}' already exists`);
    this.refuseWrong(type, inputs, undefined);

    const item: Item = { type, id, inputs, filled: kind.fill?.(inputs, this.cloud, this.project) ?? {} };
    this.cloud.put(item);
    try {
      await kind.created?.(item, this.cloud);
    } catch (error) {
      this.cloud.remove(id);
      throw error;
    }
    return { id, outputs: this.outputs(item) };
  }

  read(type: string, id: string): { inputs: Properties; outputs: Properties } | undefined {
    kindOf(type);
    const item = this.cloud.get(id);
    return item && { inputs: item.inputs, outputs: this.outputs(item) };
  }

  async update(type: string, id: string, inputs: Properties, preview: boolean): Promise<Properties> {
    const kind = kindOf(type);
    const before = this.cloud.get(id);
    if (preview) return before ? this.outputs({ ...before, inputs }) : inputs;
    if (!before) throw new Error(`the resource '${id}' was not found`);
    this.refuseWrong(type, inputs, before);

    const { changed, replacing } = this.diff(type, before.inputs, inputs);
    if (replacing.length) throw new Error(`${id}: ${replacing.join(", ")} can't be changed in place`);
    const item = { ...before, inputs };
    this.cloud.put(item);
    try {
      await kind.updated?.(item, changed, this.cloud);
    } catch (error) {
      this.cloud.put(before);
      throw error;
    }
    return this.outputs(item);
  }

  async delete(type: string, id: string): Promise<void> {
    const kind = kindOf(type);
    const item = this.cloud.get(id);
    if (!item) return; // Google's plugin, too, succeeds if the resource is gone
    if (item.inputs["deletionProtection"]) throw new Error(`cannot delete ${id}: deletion protection is enabled`);
    const [user] = usersOf(this.cloud, item);
    if (user) throw new Error(`the resource '${id}' is already being used by '${user.id}'`);
    this.cloud.remove(id);
    await kind.deleted?.(item, this.cloud);
  }

  invoke(token: string): Properties {
    throw new Error(`the stand-in for Google Cloud doesn't know the function ${token}`);
  }

  /** @throws Error for mistakes that only an update can find, since a preview doesn't know all values */
  private refuseWrong(type: string, inputs: Properties, itself: Item | undefined): void {
    const kind = kindOf(type);
    const missing = (kind.references?.(inputs) ?? [])
      .filter((named) => !this.cloud.find(named.type, named.value))
      .map(({ property, value }) => `${property}: the resource '${value}' was not found`);
    const refused = missing.length ? missing : (kind.refuse?.(inputs, this.cloud, itself) ?? []);
    if (refused.length) throw new Error(refused.join("; "));
  }

  private outputs(item: Item): Properties {
    return {
      project: this.project,
      selfLink: selfLink(item),
      ...item.inputs,
      ...kindOf(item.type).outputs?.(item),
    };
  }
}

/** A sentence for each mistake in the properties, except for values that a preview doesn't know yet. */
function sentences(error: z.ZodError, inputs: Properties = {}): string[] {
  return error.issues
    .filter(({ path }) => valueAt(inputs, path) !== unknown)
    .map(({ path, message }) => `${path.join(".") || "resource"}: ${message}`);
}
