import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { KafkaPlan } from "../plan/kafkaPlan";

type ResourceRule = k8s.types.input.admissionregistration.v1.NamedRuleWithOperations;
type Validation = k8s.types.input.admissionregistration.v1.Validation;

/**
 * Makes the API server refuse what Kafka's Jobs never do, although their role permits it: a role permits a patch of the whole
 * object or none. The Jobs write annotations and labels of StatefulSets, pods, disruption budgets and Jobs; with another image in
 * one of these specs, whoever has the Jobs' token could run programs as a broker. Volumes are in no namespace; of these, the Jobs
 * change Kafka's own, and only what becomes of them.
 *
 * @param account name of the Jobs' service account
 * @see https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */
export function jobGuard(plan: KafkaPlan, account: string, opts: pulumi.CustomResourceOptions): void {
  const by = `${plan.namespace}/${account}`;
  const policy = (name: string, rules: ResourceRule[], validation: Validation): void => {
    const object = new k8s.admissionregistration.v1.ValidatingAdmissionPolicy(
      name,
      {
        metadata: { name },
        spec: {
          failurePolicy: "Fail",
          matchConstraints: {
            // Never skips volumes, since they are in no namespace.
            namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": plan.namespace } },
            resourceRules: rules,
          },
          matchConditions: [
            { name: "by-the-jobs", expression: `request.userInfo.username == '${userOf(plan, account)}'` },
          ],
          validations: [validation],
        },
      },
      opts,
    );
    new k8s.admissionregistration.v1.ValidatingAdmissionPolicyBinding(
      name,
      { metadata: { name }, spec: { policyName: object.metadata.name, validationActions: ["Deny"] } },
      opts,
    );
  };
  policy(
    `${plan.namespace}-${plan.name}-jobs-only-mark`,
    [
      updatesOf("apps", "statefulsets"),
      updatesOf("", "pods"),
      updatesOf("policy", "poddisruptionbudgets"),
      updatesOf("batch", "jobs"),
    ],
    {
      expression: "object.spec == oldObject.spec",
      messageExpression: `'${by} may change annotations and labels of ' + oldObject.metadata.name + ', but not its spec. [KK561]'`,
    },
  );
  policy(`${plan.namespace}-${plan.name}-jobs-keep-volumes`, [updatesOf("", "persistentvolumes")], {
    expression: `${claimedIn("oldObject")}.orValue('') == '${plan.namespace}'
    && ${same("claimRef.?namespace", "claimRef.?name", "capacity", "accessModes", "mountOptions", "storageClassName")}`,
    messageExpression: `'${by} may change whether Kafka keeps ' + oldObject.metadata.name + ', if it is a volume of Kafka; nothing else. [KK561]'`,
  });
}

/** The user that the API server knows a service account as. */
function userOf({ namespace }: KafkaPlan, account: string): string {
  return `system:serviceaccount:${namespace}:${account}`;
}

function updatesOf(group: string, resource: string): ResourceRule {
  return { apiGroups: [group], apiVersions: ["v1"], operations: ["UPDATE"], resources: [resource] };
}

const claimedIn = (object: string): string => `${object}.spec.?claimRef.?namespace`;

/** An expression: whether fields of a spec stay as they are. The API server itself keeps a volume's place from changing. */
function same(...fields: readonly string[]): string {
  return fields.map((field) => `object.spec.?${field} == oldObject.spec.?${field}`).join("\n    && ");
}
