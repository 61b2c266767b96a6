import { readFileSync } from "node:fs";

import * as yaml from "js-yaml";

/** A Kubernetes object in a manifest. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; [key: string]: unknown };
  [key: string]: unknown;
}

/** The objects of a YAML file, which may have several documents. */
export function readManifest(path: string): KubernetesObject[] {
  return yaml.loadAll(readFileSync(path, "utf8")).filter((object) => object !== null) as KubernetesObject[];
}
