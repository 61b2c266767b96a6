import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Program } from "../../programs/installProgram";
import { USER_LABEL } from "../plan/labels";
import { userJobName } from "../plan/userNames";
import type { KafkaPlan } from "../plan/kafkaPlan";
import { grant } from "./grant";

/**
 * The Secret with a user's login. It is empty: the user's Job writes the login, so that no password passes through Pulumi. Pulumi
 * deletes it with the user.
 *
 * @returns what the Job depends on
 */
export function userSecret(
  plan: KafkaPlan,
  user: string,
  program: Program,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  const name = userJobName(plan, user);
  const { namespace } = plan;
  const labels = { [USER_LABEL]: user };
  const secret = new k8s.core.v1.Secret(name, { metadata: { name, namespace, labels }, type: "Opaque" }, opts);
  const rules = [{ apiGroups: [""], resources: ["secrets"], resourceNames: [name], verbs: ["get", "patch"] }];
  return grant(name, program, rules, { ...opts, dependsOn: secret });
}
