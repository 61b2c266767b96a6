import * as pulumi from "@pulumi/pulumi";

import type { KubernetesObject } from "./manifest";

/** Any Kubernetes object, under the type that the provider knows it by. */
class RegisteredObject extends pulumi.CustomResource {}

/** Kinds that run pods: they come after what their pods need. */
const workloads = new Set(["DaemonSet", "Deployment", "StatefulSet", "Job"]);

/**
 * Registers a manifest's objects one by one, each under its own type, so that a preview lists every one of them even
 * where there is no cluster yet, and shows a change as a difference of that object. (`yaml.ConfigFile` decodes nothing
 * while the kubeconfig is unknown.) Workloads wait for the rest, and for `podsAfter`; their readiness is awaited by the
 * provider. An object of a kind that the manifest defines waits for the definition.
 */
export function registerObjects(
  name: string,
  objects: readonly KubernetesObject[],
  opts: pulumi.CustomResourceOptions,
  podsAfter: readonly pulumi.Resource[] = [],
): Map<KubernetesObject, pulumi.CustomResource> {
  const registered = new Map<KubernetesObject, pulumi.CustomResource>();
  const register = (object: KubernetesObject, dependsOn: readonly pulumi.Resource[] = []) => {
    const urnName = `${name}-${object.kind}-${object.metadata.name}`;
    const resource = new RegisteredObject(tokenOf(object), urnName, object, { ...opts, dependsOn: [...dependsOn] });
    registered.set(object, resource);
    return resource;
  };
  const definitions = new Map(objects.filter(isDefinition).map((object) => [definedBy(object), register(object)]));
  const others = objects.filter((object) => !isDefinition(object) && !workloads.has(object.kind));
  for (const object of others) {
    const definition = definitions.get(kindOf(object));
    register(object, definition && [definition]);
  }
  const first = [...registered.values(), ...podsAfter];
  for (const object of objects.filter(({ kind }) => workloads.has(kind))) register(object, first);
  return registered;
}

/** `apps/v1`, `Deployment` → `kubernetes:apps/v1:Deployment`; the group without a name is called `core`. */
function tokenOf({ apiVersion, kind }: KubernetesObject): string {
  return `kubernetes:${apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`}:${kind}`;
}

function isDefinition({ kind }: KubernetesObject): boolean {
  return kind === "CustomResourceDefinition";
}

/** `crd.projectcalico.org/IPPool`, of an object and of its definition. */
function kindOf({ apiVersion, kind }: KubernetesObject): string {
  return `${apiVersion.split("/")[0]!}/${kind}`;
}

function definedBy({ spec }: KubernetesObject): string {
  const { group, names } = spec as { group: string; names: { kind: string } };
  return `${group}/${names.kind}`;
}
