import * as pulumi from "@pulumi/pulumi";

import type { KubernetesObject } from "./manifest";

/** A Kubernetes object of any kind. */
class RegisteredObject extends pulumi.CustomResource {}

/** Kinds that run pods. DaemonSets are registered before them, since they give nodes what other pods need. */
const workloads = new Set(["Deployment", "StatefulSet", "Job"]);

/**
 * Registers each object of a manifest as a resource of its own, so that a preview lists all of them before there is a cluster,
 * and shows a change as a diff of the object. (`yaml.ConfigFile` decodes nothing while the kubeconfig is unknown.)
 *
 * Each object depends on its Namespace and on the CustomResourceDefinition of its kind, where the manifest has them. DaemonSets
 * depend on all objects without pods, other workloads on the DaemonSets as well: a DaemonSet may bring the nodes' network. The
 * provider waits until workloads are ready.
 *
 * @param name prefix of the resources' names
 * @param podsAfter resources that everything with pods depends on
 * @example registerObjects("calico", readManifest("calico.yaml"), { parent })
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

/** The provider's type of an object. @example `apps/v1`, `Deployment` → `kubernetes:apps/v1:Deployment` */
function tokenOf({ apiVersion, kind }: KubernetesObject): string {
  return `kubernetes:${apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`}:${kind}`;
}

/** Whether other objects may depend on this one. */
function isBase({ kind }: KubernetesObject): boolean {
  return kind === "CustomResourceDefinition" || kind === "Namespace";
}

/** Names, as `providedBy` gives them, of what an object depends on: `crd.projectcalico.org/IPPool`, `Namespace/kube-system`. */
function basesOf({ apiVersion, kind, metadata }: KubernetesObject): string[] {
  return [`${apiVersion.split("/")[0]!}/${kind}`, `Namespace/${metadata.namespace}`];
}

function providedBy({ kind, metadata, spec }: KubernetesObject): string {
  if (kind === "Namespace") return `Namespace/${metadata.name}`;
  const { group, names } = spec as { group: string; names: { kind: string } };
  return `${group}/${names.kind}`;
}
