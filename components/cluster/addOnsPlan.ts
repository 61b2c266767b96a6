/** Something that the program runs on the cluster, at the version of this checkout. */
export interface AddOn {
  /** @example "Calico" */
  readonly name: string;
  /** Path of the workload's kind and namespace in the API. @example "/apis/apps/v1/namespaces/kube-system/daemonsets" */
  readonly path: string;
  /** The workload's name. @example "calico-node" */
  readonly workload: string;
  /** Image of one of its containers. @example "quay.io/calico/node:v3.31.0" */
  readonly image: string;
}

/** A DaemonSet or Deployment, as far as its version depends on it. */
export interface RunningWorkload {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
  };
}

/**
 * Refuses add-ons that are older than what runs (KK989): an older Calico doesn't know what a newer one has stored. Images of another
 * name, or without a version, are somebody's own and not judged.
 *
 * @param running workloads of each add-on's path, in the add-ons' order
 */
export function downgradeRefusals(
  addOns: readonly AddOn[],
  running: readonly (readonly RunningWorkload[])[],
): string[] {
  return addOns.flatMap(({ name, workload, image }, index) => {
    const [repository, wanted] = parts(image);
    const found = running[index]!.find(({ metadata }) => metadata.name === workload);
    const images = found?.spec.template.spec.containers.map((container) => parts(container.image)) ?? [];
    const runs = images.find(([theirs]) => theirs === repository)?.[1];
    if (runs === undefined || wanted === undefined || !isOlder(wanted, runs)) return [];
    return (
      `${name} ${runs} runs, and this checkout has ${wanted}: an older version doesn't know what a newer one has stored. Use a ` +
      `checkout with at least ${runs}. Nothing was touched. [KK989]`
    );
  });
}

/** An image's name and version. @example "quay.io/calico/node:v3.31.0" → ["quay.io/calico/node", "v3.31.0"] */
function parts(image: string): [repository: string, version?: string] {
  const [, repository, version] = /^(.*):(v?\d+\.\d+\.\d+)$/.exec(image) ?? [];
  return repository === undefined ? [image] : [repository, version!];
}

function isOlder(one: string, other: string): boolean {
  const [ours, theirs] = [one, other].map((version) => version.replace("v", "").split(".").map(Number));
  const at = ours!.findIndex((number, index) => number !== theirs![index]);
  return at !== -1 && ours![at]! < theirs![at]!;
}
