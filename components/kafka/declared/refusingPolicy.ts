import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

type PolicySpec = k8s.types.input.admissionregistration.v1.ValidatingAdmissionPolicySpec;

/**
 * Makes the API server refuse changes of objects in a namespace, also while it can't judge them. Objects in no namespace are judged
 * wherever they are.
 *
 * @param spec the policy's rules, conditions and validations
 * @see https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */
export function refusingPolicy(
  name: string,
  namespace: string,
  {
    resourceRules,
    ...spec
  }: Pick<PolicySpec, "matchConditions" | "validations"> & {
    resourceRules: k8s.types.input.admissionregistration.v1.NamedRuleWithOperations[];
  },
  opts: pulumi.CustomResourceOptions,
): void {
  const policy = new k8s.admissionregistration.v1.ValidatingAdmissionPolicy(
    name,
    {
      metadata: { name },
      spec: {
        failurePolicy: "Fail",
        matchConstraints: {
          namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
          resourceRules,
        },
        ...spec,
      },
    },
    opts,
  );
  new k8s.admissionregistration.v1.ValidatingAdmissionPolicyBinding(
    name,
    { metadata: { name }, spec: { policyName: policy.metadata.name, validationActions: ["Deny"] } },
    opts,
  );
}

/** An expression: an object's annotation, if it has it. */
export function annotation(object: string, name: string): string {
  return `${object}.metadata.?annotations[?'${name}']`;
}
