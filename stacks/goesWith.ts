import type * as pulumi from "@pulumi/pulumi";

import type { KubeadmCluster } from "../components/cluster/kubeadmCluster";

/**
 * Where the cluster itself is destroyed, what lives in it needn't be deleted one by one before: it goes with the
 * cluster. Objects that are removed while the cluster stays are deleted as ever.
 */
export function goesWith(cluster: KubeadmCluster): pulumi.ResourceTransformation {
  return ({ type, props, opts }) =>
    type.startsWith("kubernetes:") ? { props, opts: { ...opts, deletedWith: cluster.beginning } } : undefined;
}
