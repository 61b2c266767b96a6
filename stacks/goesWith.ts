import type * as pulumi from "@pulumi/pulumi";

import type { KubeadmCluster } from "../components/cluster/kubeadmCluster";

/**
 * Lets Pulumi skip the deletion of Kubernetes objects when their cluster is destroyed in the same run. Objects that are removed while
 * the cluster stays are deleted as usual.
 *
 * @see https://www.pulumi.com/docs/iac/concepts/resources/options/deletedwith/
 */
export function goesWith(cluster: KubeadmCluster): pulumi.ResourceTransformation {
  return ({ type, props, opts }) =>
    type.startsWith("kubernetes:") ? { props, opts: { ...opts, deletedWith: cluster.beginning } } : undefined;
}
