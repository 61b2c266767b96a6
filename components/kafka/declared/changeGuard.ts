import type * as pulumi from "@pulumi/pulumi";
import { DRAINED_ANNOTATION, RAN_ANNOTATION, VERSION_ANNOTATION } from "../plan/annotations";
import type { KafkaPlan } from "../plan/kafkaPlan";
import { annotation, refusingPolicy } from "./refusingPolicy";

/** Annotation of a StatefulSet: size, number and class of its pods' volumes. @example "2 x 10Gi of class local-path" */
export const STORAGE_ANNOTATION = "kubeadm-kafka/storage";
/** Annotation of a StatefulSet: whether the cluster has dedicated controllers. */
export const ROLES_ANNOTATION = "kubeadm-kafka/roles";

/**
 * Makes the API server refuse changes that would lose data. The API server compares with the existing StatefulSets,
 * refuses in a preview's dry run already, and refuses other tools' changes as well.
 */
export function changeGuard(plan: KafkaPlan, opts: pulumi.CustomResourceOptions): void {
  const name = `${plan.namespace}-${plan.name}-loses-nothing`;
  const statefulSets = {
    apiGroups: ["apps"],
    apiVersions: ["v1"],
    operations: ["UPDATE"],
    resources: ["statefulsets", "statefulsets/scale"],
    resourceNames: plan.pools.map((pool) => pool.name),
  };
  const validations = [noFewerNodes, sameStorage, sameRoles, noOlderVersion];
  refusingPolicy(name, plan.namespace, { resourceRules: [statefulSets], validations }, opts);
}

// A preview's dry run comes before the drain, so it may shrink. The scale subresource has no annotations, so it never
// may.
const drained = `'to ' + string(object.spec.replicas) + ' at generation ' + string(oldObject.metadata.?generation.orValue(0))`;
const noFewerNodes = {
  expression: `(has(request.dryRun) && request.dryRun) || object.spec.replicas >= oldObject.spec.replicas
    || ${annotation("oldObject", DRAINED_ANNOTATION)}.orValue('') == ${drained}`,
  messageExpression: `oldObject.metadata.name + ' has ' + string(oldObject.spec.replicas) + ' nodes and would be left with ' + string(object.spec.replicas)
    + ', but partitions and votes have not been moved off those that go. Set their number in the config of the'
    + ' stack and run bin/pulumi up: it moves them first. No node was touched. [KK801]'`,
};

// The scale subresource has no annotations: both sides are none, which is equal.
const stored = (object: string): string => annotation(object, STORAGE_ANNOTATION);
const sameStorage = {
  expression: `${stored("object")} == ${stored("oldObject")}`,
  messageExpression: `(oldObject.metadata.name.endsWith('-controller') ? 'kafka.controllers.size' : 'kafka.storage')
    + ': the volumes of ' + oldObject.metadata.name + ' were made as ' + ${stored("oldObject")}.orValue('?') + ' and would be '
    + ${stored("object")}.orValue('?') + '. Volumes keep the class, size and number that they were made with, and moving the data'
    + ' is not supported yet. Set it back; no broker was touched. [KK802]'`,
};

const roles = (object: string): string => annotation(object, ROLES_ANNOTATION);
const sameRoles = {
  expression: `!${roles("oldObject")}.hasValue() || !${roles("object")}.hasValue() || ${roles("object")} == ${roles("oldObject")}`,
  messageExpression: `'Kafka was made with ' + ${roles("oldObject")}.orValue('?') + ', and would get ' + ${roles("object")}.orValue('?')
    + '. Its quorum cannot move from the ones to the others yet. Set kafka.controllers back; no node was touched. [KK803]'`,
};

const wanted = annotation("object", VERSION_ANNOTATION);
// The version that has run counts, since it has written data. Without that annotation, the wanted version has to do.
const hasRun = `${annotation("oldObject", RAN_ANNOTATION)}.or(${annotation("oldObject", VERSION_ANNOTATION)})`;
/** A version as a number that compares like it. */
const rank = (version: string): string => {
  const part = (index: number): string => `int(${version}.value().split('.')[${index}])`;
  return `${part(0)} * 1000000 + ${part(1)} * 1000 + ${part(2)}`;
};
const noOlderVersion = {
  expression: `!${hasRun}.hasValue() || !${wanted}.hasValue() || ${rank(wanted)} >= ${rank(hasRun)}`,
  messageExpression: `'Kafka has run ' + ${hasRun}.orValue('?') + ' and would get ' + ${wanted}.orValue('?')
    + '. What the newer one has written the older one may not understand. Set kafka.version back to '
    + ${hasRun}.orValue('?') + '; no node was touched. [KK804]'`,
};
