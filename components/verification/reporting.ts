import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** Lets the verification's pod do one thing: write its report onto its own Job. Returns the service account's name. */
export function mayReport(job: string, namespace: string, opts: pulumi.CustomResourceOptions): pulumi.Output<string> {
  const metadata = { name: job, namespace };
  const account = new k8s.core.v1.ServiceAccount(job, { metadata }, opts);
  const role = new k8s.rbac.v1.Role(
    job,
    { metadata, rules: [{ apiGroups: ["batch"], resources: ["jobs"], resourceNames: [job], verbs: ["patch"] }] },
    opts,
  );
  const binding = new k8s.rbac.v1.RoleBinding(
    job,
    {
      metadata,
      subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace }],
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
    },
    opts,
  );
  return binding.subjects.apply(() => job);
}
