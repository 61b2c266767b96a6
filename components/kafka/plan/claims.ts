import type { KafkaPlan } from "./kafkaPlan";

/** Whether a claim is of a node that isn't planned any more: it holds nothing that Kafka needs once the node is gone. */
export function isOfRemovedNode({ pools }: KafkaPlan, claim: string): boolean {
  return pools.some(({ name, nodes }) => {
    const ordinal = new RegExp(`^data(?:-\\d+)?-${name}-(\\d+)$`).exec(claim)?.[1];
    return ordinal !== undefined && Number(ordinal) >= nodes.length;
  });
}
