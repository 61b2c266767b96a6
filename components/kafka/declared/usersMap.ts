import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Program } from "../../programs/installProgram";
import { authoritiesName } from "../plan/certificates";
import type { KafkaPlan } from "../plan/kafkaPlan";
import { usersName } from "../plan/userNames";
import { grant } from "./grant";

/**
 * The ConfigMap in which users' Jobs store the users' names, one key each. By these, a user that was taken out of the config is
 * told from one that was made by other means, which stays. Kafka has no place for such data at a user.
 *
 * @returns what the Jobs depend on
 */
export function usersMap(plan: KafkaPlan, program: Program, opts: pulumi.CustomResourceOptions): pulumi.Resource {
  const name = usersName(plan);
  const map = new k8s.core.v1.ConfigMap(name, { metadata: { name, namespace: plan.namespace } }, opts);
  const configMap = { apiGroups: [""], resources: ["configmaps"] };
  const rules = [
    { ...configMap, resourceNames: [name], verbs: ["get", "patch"] },
    { ...configMap, resourceNames: [authoritiesName(plan.name)], verbs: ["get"] },
  ];
  return grant(name, program, rules, { ...opts, dependsOn: map });
}
