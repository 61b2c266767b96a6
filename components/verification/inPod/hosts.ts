/** A pod, as far as it is read here: the Kubernetes node that it runs on. */
export interface Pod {
  metadata: { name: string };
  spec: { nodeName?: string };
}

/**
 * Host of each node of the Kafka cluster, by the node's id. Nodes with an unknown host are left out.
 *
 * @param names name of each node's pod, by the node's id
 */
export function hostsOf(names: Readonly<Record<number, string>>, pods: readonly Pod[]): Record<number, string> {
  const hosts = new Map(pods.map(({ metadata, spec }) => [metadata.name, spec.nodeName]));
  return Object.fromEntries(
    Object.entries(names).flatMap(([id, pod]) => {
      const host = hosts.get(pod);
      return host === undefined ? [] : [[id, host]];
    }),
  );
}
