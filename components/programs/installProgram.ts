import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** A program to install in the cluster. */
export interface ProgramArgs {
  namespace: string;
  /** The program's code, from `bundleProgram`. */
  bundle: pulumi.Input<string>;
  /** Permissions in its namespace, beside those for its own Jobs. */
  rules: k8s.types.input.rbac.v1.PolicyRule[];
}

/** A program that Jobs run: its code, and its service account. */
export interface Program {
  readonly name: string;
  readonly namespace: string;
  /** Name of the ConfigMap with the code. */
  readonly code: pulumi.Output<string>;
  readonly serviceAccount: pulumi.Output<string>;
}

/** Name of the bundle's file in the ConfigMap. */
export const BUNDLE_FILE = "program.js.gz";

/** Installs a program in the cluster: a ConfigMap with its code, a service account and its permissions. */
export function installProgram(name: string, args: ProgramArgs, opts: pulumi.CustomResourceOptions): Program {
  const { namespace, bundle } = args;
  const metadata = { name, namespace };
  const code = new k8s.core.v1.ConfigMap(
    name,
    { metadata: { namespace }, immutable: true, binaryData: { [BUNDLE_FILE]: bundle } },
    opts,
  );
  const rules = [{ apiGroups: ["batch"], resources: ["jobs"], verbs: ["list", "patch", "delete"] }, ...args.rules];
  const account = new k8s.core.v1.ServiceAccount(name, { metadata }, opts);
  const role = new k8s.rbac.v1.Role(name, { metadata, rules }, opts);
  const binding = new k8s.rbac.v1.RoleBinding(
    name,
    {
      metadata,
      subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace }],
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
    },
    opts,
  );
  return { name, namespace, code: code.metadata.name, serviceAccount: binding.subjects.apply(() => name) };
}
