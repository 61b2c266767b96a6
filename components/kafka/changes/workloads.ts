/** The StatefulSet of a pool, as far as it is read here. */
export interface StatefulSet {
  metadata: { name: string; generation: number; annotations?: Record<string, string> };
  spec: { replicas: number };
  status: { observedGeneration?: number; updateRevision?: string };
}

/** The sentence about StatefulSets that only Pulumi makes again. */
export function somebodyDeleted(sets: readonly string[]): string {
  return (
    `somebody has deleted the StatefulSet ${sets.join(" and ")}. bin/pulumi refresh notices that, and bin/pulumi up after it makes ` +
    "the StatefulSet again, with the volumes that its pods had. [KK827]"
  );
}

/** The pod of a node, as far as it is read here. */
export interface Pod {
  metadata: {
    name: string;
    uid?: string;
    creationTimestamp?: string;
    labels?: Record<string, string>;
    ownerReferences?: { kind: string; name: string }[];
    deletionTimestamp?: string;
  };
  spec?: { nodeName?: string };
  status: {
    conditions?: { type: string; status: string; message?: string; lastTransitionTime?: string }[];
    containerStatuses?: {
      restartCount: number;
      ready?: boolean;
      state?: { running?: object; waiting?: { reason?: string; message?: string }; terminated?: { message?: string } };
      lastState?: { terminated?: { message?: string; reason?: string; exitCode: number; finishedAt?: string } };
    }[];
  };
}

export function isReady({ status }: Pod): boolean {
  return status.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
}
