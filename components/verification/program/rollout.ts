/** The part of a StatefulSet that says how far its pods are. */
export interface StatefulSet {
  metadata: { generation: number };
  spec: { replicas: number };
  status: {
    observedGeneration?: number;
    currentRevision?: string;
    updateRevision?: string;
    readyReplicas?: number;
    updatedReplicas?: number;
  };
}

/**
 * What is missing until all pods run what the StatefulSet says. Pulumi's provider (4.25) awaits this as well, but takes
 * the status of before a change for that of after it where the controller is slow to notice the change.
 */
export function rolloutProblems({ metadata, spec, status }: StatefulSet): string[] {
  if (status.observedGeneration !== metadata.generation)
    return ["Kubernetes has not noticed the change of Kafka's pods"];
  const ready = status.readyReplicas ?? 0;
  return [
    ...(status.currentRevision === status.updateRevision
      ? []
      : [`${status.updatedReplicas ?? 0} of ${spec.replicas} pods run the new version`]),
    ...(ready === spec.replicas ? [] : [`${ready} of ${spec.replicas} pods are ready`]),
  ];
}
