/** The part of a pod that says where it runs. */
export interface Pod {
  metadata: { name: string };
  spec: { nodeName?: string };
}

/**
 * The host of each node of the Kafka cluster, by the node's id; those not known are missing.
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
