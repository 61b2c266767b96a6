/** Name of the ConfigMap with the authority's certificate, for clients. */
export function authoritiesName(cluster: string): string {
  return `${cluster}-authorities`;
}

/** Name of the file with the certificates of the authorities. */
export const AUTHORITIES_FILE = "authorities.pem";
