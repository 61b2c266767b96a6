import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { KafkaPlan } from "./plan";

/** Annotation of the StatefulSet that says what its volumes were made with. */
export const STORAGE_ANNOTATION = "kubeadm-kafka/storage";

/**
 * Refuses changes that would lose data, in the API server: it compares with the brokers that are really there, answers
 * the preview already (which asks by a dry run), and holds against other tools as well.
 */
export function changeGuard(plan: KafkaPlan, opts: pulumi.CustomResourceOptions): void {
  const name = `${plan.namespace}-${plan.name}-loses-nothing`;
  const policy = new k8s.admissionregistration.v1.ValidatingAdmissionPolicy(
    name,
    {
      metadata: { name },
      spec: {
        failurePolicy: "Fail",
        matchConstraints: {
          namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": plan.namespace } },
          resourceRules: [
            {
              apiGroups: ["apps"],
              apiVersions: ["v1"],
              operations: ["UPDATE"],
              resources: ["statefulsets", "statefulsets/scale"],
              resourceNames: [plan.name],
            },
          ],
        },
        validations: [noFewerBrokers, sameStorage],
      },
    },
    opts,
  );
  new k8s.admissionregistration.v1.ValidatingAdmissionPolicyBinding(
    name,
    { metadata: { name }, spec: { policyName: policy.metadata.name, validationActions: ["Deny"] } },
    opts,
  );
}

const noFewerBrokers = {
  expression: "object.spec.replicas >= oldObject.spec.replicas",
  messageExpression: `'Kafka has ' + string(oldObject.spec.replicas) + ' brokers and would be left with ' + string(object.spec.replicas)
    + '. The partitions and votes of those that go would be lost, and moving them first is not supported yet.'
    + ' Set the broker count back to ' + string(oldObject.spec.replicas) + '; no broker was touched.'`,
};

// The scale subresource has no annotations: both sides are none, which is equal.
const stored = (object: string): string => `${object}.metadata.?annotations[?'${STORAGE_ANNOTATION}']`;
const sameStorage = {
  expression: `${stored("object")} == ${stored("oldObject")}`,
  messageExpression: `'The volumes of Kafka were made as ' + ${stored("oldObject")}.orValue('?') + ' and would be ' + ${stored("object")}.orValue('?')
    + '. Volumes keep the class and size that they were made with, and moving the data is not supported yet.'
    + ' Set the storage back; no broker was touched.'`,
};
