import * as pulumi from "@pulumi/pulumi";

import type { KubernetesObject } from "./manifest";

/** Any Kubernetes object, under the type that the provider knows it by. */
class RegisteredObject extends pulumi.CustomResource {}

/** Kinds that run pods, beside DaemonSets: they come after what their pods need. */
const workloads = new Set(["Deployment", "StatefulSet", "Job"]);

/**
 * Registers a manifest's objects one by one, each under its own type, so that a preview lists every one of them even
 * where there is no cluster yet, and shows a change as a difference of that object. (`yaml.ConfigFile` decodes nothing
 * while the kubeconfig is unknown.) Workloads wait for the rest, and for `podsAfter`; their readiness is awaited by the
 * provider. Other workloads wait for DaemonSets, which give each node what pods need: a network. An object whose kind or namespace is in the manifest waits for that: the provider tries again for a minute, which
 * is no help where Pulumi does one thing at a time.
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
  const bases = new Map(objects.filter(isBase).map((object) => [providedBy(object), register(object)]));
  const others = objects.filter(
    (object) => !isBase(object) && object.kind !== "DaemonSet" && !workloads.has(object.kind),
  );
  for (const object of others)
    register(
      object,
      basesOf(object).flatMap((base) => bases.get(base) ?? []),
    );
  const first = [...registered.values(), ...podsAfter];
  const agents = objects.filter(({ kind }) => kind === "DaemonSet").map((object) => register(object, first));
  for (const object of objects.filter(({ kind }) => workloads.has(kind))) register(object, [...first, ...agents]);
  return registered;
}

/** `apps/v1`, `Deployment` → `kubernetes:apps/v1:Deployment`; the group without a name is called `core`. */
function tokenOf({ apiVersion, kind }: KubernetesObject): string {
  return `kubernetes:${apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`}:${kind}`;
}

/** Whether others may have to wait for it. */
function isBase({ kind }: KubernetesObject): boolean {
  return kind === "CustomResourceDefinition" || kind === "Namespace";
}

/** What an object needs to exist, as `providedBy` names it: `crd.projectcalico.org/IPPool`, `Namespace/kube-system`. */
function basesOf({ apiVersion, kind, metadata }: KubernetesObject): string[] {
  return [`${apiVersion.split("/")[0]!}/${kind}`, `Namespace/${metadata.namespace}`];
}

function providedBy({ kind, metadata, spec }: KubernetesObject): string {
  if (kind === "Namespace") return `Namespace/${metadata.name}`;
  const { group, names } = spec as { group: string; names: { kind: string } };
  return `${group}/${names.kind}`;
}
