import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Program } from "../../programs/installProgram";

/**
 * Gives a program permissions in its namespace, beside those that it was installed with.
 *
 * @param name of the Role and of its binding
 * @returns the binding: a Job that begins before it is there would fail
 */
export function grant(
  name: string,
  { namespace, serviceAccount }: Program,
  rules: k8s.types.input.rbac.v1.PolicyRule[],
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  const metadata = { name, namespace };
  const role = new k8s.rbac.v1.Role(name, { metadata, rules }, opts);
  return new k8s.rbac.v1.RoleBinding(
    name,
    {
      metadata,
      subjects: [{ kind: "ServiceAccount", name: serviceAccount, namespace }],
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
    },
    opts,
  );
}
