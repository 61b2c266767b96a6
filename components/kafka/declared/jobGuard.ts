import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { KafkaPlan } from "../plan/kafkaPlan";
import { refusingPolicy } from "./refusingPolicy";

type ResourceRule = k8s.types.input.admissionregistration.v1.NamedRuleWithOperations;
type Validation = k8s.types.input.admissionregistration.v1.Validation;

/** Fields of a volume's spec that stay. The API server itself keeps its source as it is. */
const ofVolumes = [
  "claimRef.?namespace",
  "claimRef.?name",
  "capacity",
  "accessModes",
  "mountOptions",
  "storageClassName",
  "nodeAffinity",
];

/** Prefix of all marks: the annotations and labels that the Jobs write. */
const MARKS = "kubeadm-kafka/";

/**
 * Makes the API server refuse what Kafka's Jobs never do, although their role permits it: a role permits a patch of the whole
 * object or none. The Jobs mark StatefulSets, pods, disruption budgets and Jobs. Whoever has the Jobs' token could otherwise run
 * programs as a broker by another image, get clients' connections by a broker's labels on another pod, or have an object deleted by
 * an owner that doesn't exist. Volumes are in no namespace; of these, the Jobs change Kafka's own, and only what becomes of them.
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
      expression: `object.spec == oldObject.spec && ${sameOwners}
    && ${marksAlone("labels")}
    && ${marksAlone("annotations")}`,
      messageExpression: `'${by} may change labels and annotations ${MARKS}… of ' + oldObject.metadata.name + ', and nothing else. [KK561]'`,
    },
  );
  policy(`${plan.namespace}-${plan.name}-jobs-keep-volumes`, [updatesOf("", "persistentvolumes")], {
    expression: `${claimedIn("oldObject")}.orValue('') == '${plan.namespace}' && ${sameOwners}
    && ${same("metadata", "labels", "annotations")}
    && ${same("spec", ...ofVolumes)}`,
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

/** An expression: whether fields stay as they are. */
function same(part: "metadata" | "spec", ...fields: readonly string[]): string {
  return fields.map((field) => `object.${part}.?${field} == oldObject.${part}.?${field}`).join("\n    && ");
}

/** An object is deleted once none of its owners exists, and gone once nothing finalizes it. */
const sameOwners = same("metadata", "ownerReferences", "finalizers");

/** An expression: whether labels or annotations stay as they are, but for marks. */
function marksAlone(field: "labels" | "annotations"): string {
  const [are, were] = ["object", "oldObject"].map((object) => `${object}.metadata.?${field}.orValue({})`);
  const same = `key.startsWith('${MARKS}') || ${are}[?key] == ${were}[?key]`;
  return `${are}.all(key, ${same}) && ${were}.all(key, ${same})`;
}
