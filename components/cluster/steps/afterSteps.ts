import * as pulumi from "@pulumi/pulumi";

/**
 * The value, once the steps have ended. A preview waits for none, and still knows the value: it knows the URNs of steps that will
 * run, while their other outputs are unknown.
 */
export function afterSteps<T>(value: pulumi.Output<T>, steps: readonly pulumi.Resource[]): pulumi.Output<T> {
  return pulumi.all([value, pulumi.all(steps.map(({ urn }) => urn))]).apply(([result]) => result as T);
}
