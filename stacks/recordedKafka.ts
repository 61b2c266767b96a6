import type { RecordedResource } from "./recordedResources";

/** A StatefulSet in the state, as far as it is read here. */
export interface RecordedSet {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly template: { readonly spec: { readonly containers: readonly [{ readonly image: string }] } };
  };
}

/** Kafka's StatefulSets among the recorded resources. An application of the stack's may have others. */
export function kafkaSets(resources: readonly RecordedResource[]): RecordedSet[] {
  return resources
    .filter(({ type }) => type === "kubernetes:apps/v1:StatefulSet")
    .map(({ outputs }) => outputs as unknown as RecordedSet)
    .filter(({ spec }) => spec.selector.matchLabels["app.kubernetes.io/name"] === "kafka");
}
