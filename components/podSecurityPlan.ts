type Level = "privileged" | "baseline" | "restricted";

/**
 * Labels by which a namespace refuses pods that may do more than they should.
 *
 * @param enforce pods that don't fit are refused
 * @param warn pods that don't fit cause a warning and a note in the audit log @default the enforced level
 * @see https://kubernetes.io/docs/concepts/security/pod-security-admission/
 */
export function podSecurity(enforce: Level, warn: Level = enforce): Record<string, string> {
  const label = (mode: string) => `pod-security.kubernetes.io/${mode}`;
  return { [label("enforce")]: enforce, [label("warn")]: warn, [label("audit")]: warn };
}
