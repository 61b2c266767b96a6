/** Name of the Secret with the certificates of all nodes and their authorities, as one file per pod. */
export function nodeCertificatesName(cluster: string): string {
  return `${cluster}-certificates`;
}
