import { actions } from "../actions";
import { composeScript, type ScriptInputs } from "../hostScript";
import type { PlannedHost } from "../hostsPlan";

/** How long the cluster's certificates are valid. Times are in seconds. */
export interface CertificateTimes {
  /** Validity of a new certificate. Those of authorities are valid for ten years. */
  readonly validity: number;
  /** Time before its end at which a certificate is renewed. */
  readonly renewBefore: number;
}

const SECONDS_IN = { m: 60, h: 3600, d: 86_400 } as const;

/** The seconds of a duration in the config. @param duration as the schema accepts it @example "30d" → 2592000 */
export function secondsOf(duration: string): number {
  const unit = duration.slice(-1) as keyof typeof SECONDS_IN;
  return Number(duration.slice(0, -1)) * SECONDS_IN[unit];
}

/** Validity that kubeadm gives to certificates by default, in seconds. It advises against more. */
export const LONGEST_VALIDITY = secondsOf("365d");

/** A year, and a month before its end. */
export const DEFAULT_TIMES: CertificateTimes = { validity: LONGEST_VALIDITY, renewBefore: secondsOf("30d") };

/** A stack's `kubernetes.certificates`. */
interface CertificateConfig {
  readonly validity: string;
  /** @default a third of the validity, at most 30 days */
  readonly renewBefore?: string | undefined;
}

export function certificateTimes({ validity, renewBefore }: CertificateConfig): CertificateTimes {
  const seconds = secondsOf(validity);
  const third = Math.floor(seconds / 3);
  return {
    validity: seconds,
    renewBefore: renewBefore === undefined ? Math.min(DEFAULT_TIMES.renewBefore, third) : secondsOf(renewBefore),
  };
}

/**
 * A duration in the form of kubeadm, which reads it back from the cluster in this form.
 *
 * @see https://pkg.go.dev/time#Duration.String
 * @example 31536000 → "8760h0m0s"
 */
export function goDuration(seconds: number): string {
  return `${Math.floor(seconds / 3600)}h${Math.floor((seconds % 3600) / 60)}m${seconds % 60}s`;
}

/**
 * Inputs of certificates.sh. WINDOW, which no script reads, makes each new time window a change of the inputs: `up` then looks at
 * the certificates again, at least twice before one ends.
 *
 * @param now time in seconds since 1970
 * @param CLUSTER the cluster's identity
 */
export function certificateInputs(
  host: PlannedHost,
  now: number,
  CLUSTER: string,
  times = DEFAULT_TIMES,
): ScriptInputs {
  const inputs = renewalInputs(host, times);
  return {
    ...inputs,
    RENEWER: composeScript(host.name, actions.renewCertificates, { CLUSTER, ...inputs }),
    PERIOD: String(Math.min(LONGEST_PERIOD, Math.max(SHORTEST_PERIOD, Math.floor(times.renewBefore / 30)))),
    WINDOW: String(windowOf(now, times.renewBefore / 2)),
  };
}

/** Time between two runs of a control plane's timer, in seconds. */
const [SHORTEST_PERIOD, LONGEST_PERIOD] = [20, 86_400];

/**
 * Inputs of kubeconfig.sh. WINDOW makes the step run again when half of a certificate's validity is over: until then every `up` has a
 * kubeconfig that is valid for at least the other half. Not more often, since a preview in which the step runs again doesn't know
 * the kubeconfig, and lists all objects of the cluster as changes.
 *
 * @param now time in seconds since 1970
 */
export function kubeconfigInputs({ address }: PlannedHost, now: number, { validity } = DEFAULT_TIMES): ScriptInputs {
  return { ADDRESS: address, VALIDITY: goDuration(validity), WINDOW: String(windowOf(now, validity / 2)) };
}

function renewalInputs({ address }: PlannedHost, { validity, renewBefore }: CertificateTimes): ScriptInputs {
  return { ADDRESS: address, VALIDITY: goDuration(validity), RENEW_BEFORE: String(renewBefore) };
}

/** Number of the time window that a time is in. @param length of windows, in seconds */
function windowOf(now: number, length: number): number {
  return Math.floor(now / length);
}
