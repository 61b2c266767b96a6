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
