/** A line of an API server's audit log, as far as it could have a secret. */
interface AuditEvent {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly resource: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly requestObject?: unknown;
  readonly responseObject?: unknown;
}

export interface AuditVerdict {
  /** Number of lines. */
  readonly lines: number;
  /** What was done with Secrets, each once. @example "kubernetes-admin create default/proof" */
  readonly ofSecrets: readonly string[];
  /** Lines that have a secret, or an object that may have one. */
  readonly leaks: readonly string[];
}

/** Resources whose objects may have secrets. */
const MAY_HAVE_SECRETS = ["secrets", "configmaps", "pods", "serviceaccounts/token", "tokenreviews"];

/**
 * Judges audit logs.
 *
 * @param log lines of JSON @param secrets texts that must not be there, neither in clear nor in base64
 * @throws Error if a line is no event, since nothing could be said about it
 */
export function judgeAudit(log: string, secrets: readonly string[]): AuditVerdict {
  const lines = log.split("\n").filter(Boolean);
  const events = lines.map((line) => ({ line, event: parse(line) }));
  const texts = secrets.flatMap((secret) => [secret, btoa(secret)]);
  const leaks = events.filter(
    ({ line, event }) => texts.some((text) => line.includes(text)) || (hasObject(event) && mayHaveSecret(event)),
  );
  const ofSecrets = events
    .filter(({ event }) => event.objectRef?.resource === "secrets")
    .map(
      ({ event: { verb, user, objectRef } }) => `${user.username} ${verb} ${objectRef!.namespace}/${objectRef!.name}`,
    );
  return { lines: lines.length, ofSecrets: [...new Set(ofSecrets)], leaks: leaks.map(({ line }) => line) };
}

function parse(line: string): AuditEvent {
  try {
    const event = JSON.parse(line) as Partial<AuditEvent>;
    if (event.verb !== undefined && event.user !== undefined) return event as AuditEvent;
  } catch {
    // The error below says the same.
  }
  throw new Error(`no event of an audit log: ${line}`);
}

const hasObject = ({ requestObject, responseObject }: AuditEvent): boolean =>
  requestObject !== undefined || responseObject !== undefined;

function mayHaveSecret({ objectRef }: AuditEvent): boolean {
  const { resource, subresource } = objectRef ?? {};
  return MAY_HAVE_SECRETS.includes([resource, subresource].filter(Boolean).join("/"));
}
