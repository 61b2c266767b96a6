import type * as pulumi from "@pulumi/pulumi";
import { ENCRYPTION_ANNOTATION, ENCRYPTION_RAN_ANNOTATION } from "../plan/annotations";
import { encryptions } from "../plan/encryption";
import type { KafkaPlan } from "../plan/kafkaPlan";
import { annotation, refusingPolicy } from "./refusingPolicy";

/**
 * Makes the API server refuse a step of encryption that isn't beside the one before, or that begins before a roll has brought the one
 * before to all pods. Only the step that all pods had before may come back meanwhile. It refuses in a preview's dry run already.
 */
export function encryptionGuard(plan: KafkaPlan, opts: pulumi.CustomResourceOptions): void {
  const statefulSets = {
    apiGroups: ["apps"],
    apiVersions: ["v1"],
    operations: ["UPDATE"],
    resources: ["statefulsets"],
    resourceNames: plan.pools.map((pool) => pool.name),
  };
  const validations = [oneStep, afterTheRoll];
  refusingPolicy(
    `${plan.namespace}-${plan.name}-step-by-step`,
    plan.namespace,
    { resourceRules: [statefulSets], validations },
    opts,
  );
}

const ranks = `{${encryptions.map((each, rank) => `'${each}': ${rank}`).join(", ")}}`;
const wanted = `${annotation("object", ENCRYPTION_ANNOTATION)}.orValue('open')`;
const begun = `${annotation("oldObject", ENCRYPTION_ANNOTATION)}.orValue('open')`;
const ran = `${annotation("oldObject", ENCRYPTION_RAN_ANNOTATION)}.orValue('open')`;
const key = "'kafka.security.encryption: '";

const oneStep = {
  expression: `${wanted} in ${ranks} && ${begun} in ${ranks}
    && ${ranks}[${wanted}] - ${ranks}[${begun}] <= 1 && ${ranks}[${begun}] - ${ranks}[${wanted}] <= 1`,
  messageExpression: `${key} + oldObject.metadata.name + ' is ' + ${begun} + ' and would be ' + ${wanted}
    + ', and nodes of these two cannot reach each other. Go one step at a time (docs/encryption.md); no pod was touched. [KK566]'`,
};

const afterTheRoll = {
  expression: `${wanted} == ${begun} || ${begun} == ${ran} || ${wanted} == ${ran}`,
  messageExpression: `${key} + oldObject.metadata.name + ' is on its way from ' + ${ran} + ' to ' + ${begun} + ' and would be ' + ${wanted}
    + ' before all pods have arrived. Set it to ' + ${begun} + ' and run bin/pulumi up, which goes on; no pod was touched. [KK570]'`,
};
