import type { CertificateTimes } from "./timesPlan";

/** A control plane's Node, as far as it says something about certificates. scripts/lib/renewal.sh writes the annotations. */
export interface ControlPlaneNode {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
}

/** When certificates end, in seconds since 1970. */
export interface KubeconfigEnds {
  /** The certificate that the kubeconfig logs in by. */
  readonly kubeconfig?: number | undefined;
  /** The cluster's certificate authority. */
  readonly authority?: number | undefined;
}

/** How long a cluster's certificates are still valid. */
export interface CertificateReport {
  /**
   * Days until the first certificate of each control plane ends, and those of the kubeconfig and of the authority. A control plane is
   * missing where the API server can't be asked, or until an `up` has looked at its certificates.
   */
  readonly daysLeft: Readonly<Record<string, number>>;
  /** Sentences for the user (KK944 to KK946). */
  readonly warnings: readonly string[];
}

const DAY = 86_400;

/**
 * Reports when certificates end, and what keeps them from being renewed.
 *
 * @param nodes control planes
 * @param again the command that repeats a control plane's renewal, by its name
 * @param now time in seconds since 1970
 */
export function certificateReport(
  nodes: readonly ControlPlaneNode[],
  { kubeconfig, authority }: KubeconfigEnds,
  { validity, renewBefore }: CertificateTimes,
  again: (host: string) => string,
  now: number,
): CertificateReport {
  const hosts = nodes.map(certificatesOf);
  const ends = [
    ...hosts.map(({ name, end }) => [name, end] as const),
    ["kubeconfig", kubeconfig],
    ["authority", authority],
  ] as const;
  const daysLeft = ends.flatMap(([name, end]) => (end === undefined ? [] : [[name, daysUntil(end, now)] as const]));
  const problems = hosts.flatMap((host) =>
    host.problem ? `${problemOf(host)}. When that is repaired: ${again(host.name)} [KK944]` : [],
  );
  const late = hosts.flatMap(({ name, end = Infinity, problem }) =>
    !problem && end - now < renewBefore / 2
      ? `${name} has not renewed a certificate that ends in ${daysUntil(end, now)} days. Renew it: ${again(name)} [KK945]`
      : [],
  );
  return {
    daysLeft: Object.fromEntries(daysLeft),
    warnings: [...problems, ...late, ...authorityWarning(authority, validity, now)],
  };
}

/** Problems with certificates that control planes report, for people. */
export function certificateProblems(nodes: readonly ControlPlaneNode[]): string[] {
  return nodes
    .map(certificatesOf)
    .filter(({ problem }) => problem)
    .map(problemOf);
}

function problemOf({ name, problem }: { name: string; problem?: string | undefined }): string {
  return `${name} has a problem with its certificates: ${problem}`;
}

/** What the annotations of a control plane's Node say. */
function certificatesOf({ metadata: { name, annotations = {} } }: ControlPlaneNode) {
  return {
    name,
    end: secondsOf(annotations["kubeadm-kafka/certificates-end"]),
    problem: annotations["kubeadm-kafka/certificates-problem"],
  };
}

/** An authority that ends before a certificate that it signs now. */
function authorityWarning(end = Infinity, validity: number, now: number): string[] {
  if (end - now >= validity) return [];
  return [
    `the cluster's certificate authority ends in ${daysUntil(end, now)} days, and with it all certificates, although they are ` +
      `renewed; exchange it before, see docs/certificates.md [KK946]`,
  ];
}

function secondsOf(time = ""): number | undefined {
  const milliseconds = Date.parse(time);
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1000;
}

function daysUntil(end: number, now: number): number {
  return Math.floor((end - now) / DAY);
}
