import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { KafkaPlan } from "../plan/kafkaPlan";
import { refusingPolicy } from "./refusingPolicy";

type ResourceRule = k8s.types.input.admissionregistration.v1.NamedRuleWithOperations;
type Validation = k8s.types.input.admissionregistration.v1.Validation;

/**
 * Makes the API server refuse what Kafka's Jobs never do, although their role permits it: a role permits a patch of the whole
 * object or none. The Jobs write annotations and labels of StatefulSets, pods, disruption budgets and Jobs; with another image in
 * one of these specs, whoever has the Jobs' token could run programs as a broker. Volumes are in no namespace; of these, the Jobs
 * change Kafka's own, and only what becomes of them.
 *
 * @param account name of the Jobs' service account
 */
export function jobGuard(plan: KafkaPlan, account: string, opts: pulumi.CustomResourceOptions): void {
  const by = `${plan.namespace}/${account}`;
  const matchConditions = [
    { name: "by-the-jobs", expression: `request.userInfo.username == '${userOf(plan, account)}'` },
  ];
  const policy = (name: string, resourceRules: ResourceRule[], validation: Validation): void =>
    refusingPolicy(name, plan.namespace, { resourceRules, matchConditions, validations: [validation] }, opts);
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
