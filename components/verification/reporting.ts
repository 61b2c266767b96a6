import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { KafkaPlan } from "../kafka/plan";

/** Lets the verification's pod see how far Kafka's pods are, and write its report onto its own Job; nothing else. Returns the service account's name. */
export function mayReport(job: string, plan: KafkaPlan, opts: pulumi.CustomResourceOptions): pulumi.Output<string> {
  const { namespace } = plan;
  const metadata = { name: job, namespace };
  const rules = [
    { apiGroups: ["batch"], resources: ["jobs"], resourceNames: [job], verbs: ["patch"] },
    { apiGroups: ["apps"], resources: ["statefulsets"], resourceNames: [plan.name], verbs: ["get"] },
  ];
  const account = new k8s.core.v1.ServiceAccount(job, { metadata }, opts);
  const role = new k8s.rbac.v1.Role(job, { metadata, rules }, opts);
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
