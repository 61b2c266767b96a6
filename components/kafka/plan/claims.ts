import type { KafkaPlan } from "./kafkaPlan";

/**
 * Whether a volume claim belongs to a node that is no longer planned. Once that node is gone, Kafka needs nothing of
 * it.
 *
 * @param claim name of a PersistentVolumeClaim, such as `data-kafka-2` or `data-1-kafka-2`
 */
export function isOfRemovedNode({ pools }: KafkaPlan, claim: string): boolean {
  return pools.some(({ name, nodes }) => {
    const ordinal = new RegExp(`^data(?:-\\d+)?-${name}-(\\d+)$`).exec(claim)?.[1];
    return ordinal !== undefined && Number(ordinal) >= nodes.length;
  });
}

/** Whether a volume claim, by its name, is of a node's pod. @example "data-1-kafka-2" is of "kafka-2" */
export function isClaimOfNode(claim: string, pod: string): boolean {
  return new RegExp(`^data(-\\d+)?-${pod}$`).test(claim);
}
