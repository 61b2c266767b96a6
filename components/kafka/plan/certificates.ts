import { usesTls } from "./encryption";
import type { KafkaPlan } from "./kafkaPlan";
import { type Job, jobName } from "./principals";

/** Namespace of the authority's key, which only the Job that issues certificates may read. */
export const AUTHORITY_NAMESPACE = "kafka-authority";

/** Name of the Secret with the authority's key, in `AUTHORITY_NAMESPACE`. */
export function authorityName(cluster: string): string {
  return `${cluster}-authority`;
}

/** Name of the ConfigMap with the authority's certificate, for clients. */
export function authoritiesName(cluster: string): string {
  return `${cluster}-authorities`;
}

/** Name of the Secret with the certificates of all nodes and their authorities, as one file per pod. */
export function nodeCertificatesName(cluster: string): string {
  return `${cluster}-certificates`;
}

/** Name of the Secret with a Job's certificate. @param job the certificate's common name. @example "kafka-roll-certificate" */
export function jobCertificateName(job: string): string {
  return `${job}-certificate`;
}

/** Name of the Secret with a Job's certificate; undefined while Jobs connect without TLS. */
export function certificateOf(
  { name, encryption }: Pick<KafkaPlan, "name" | "encryption">,
  job: Job,
): string | undefined {
  return usesTls(encryption) ? jobCertificateName(jobName(name, job)) : undefined;
}

/** Name of the file with the certificates of the authorities. */
export const AUTHORITIES_FILE = "authorities.pem";
/** Name of the file with a Job's key and certificate. */
export const CERTIFICATE_FILE = "certificate.pem";
