import { dump, load } from "js-yaml";

/** What init.sh prints. */
export interface InitResult {
  /** kubeconfig of the cluster's administrator. */
  readonly admin: string;
  /** kubeconfig with which workers join, in base64 as the host gave it. */
  readonly joiner: string;
}

export function parseInitResult(stdout: string): InitResult {
  const { admin, joiner } = JSON.parse(stdout) as InitResult;
  return { admin: Buffer.from(admin, "base64").toString("utf8"), joiner };
}

interface Kubeconfig {
  clusters: { name: string; cluster: { server: string; "tls-server-name"?: string } }[];
}

/**
 * The administrator's kubeconfig for use from where Pulumi runs. The certificate is checked against the endpoint's name and
 * not the address: that may change (a published port, a tunnel, a VM's new address) without a new certificate.
 *
 * @param apiServer `host:port` at which the API server is reached from there
 */
export function reachableKubeconfig(kubeconfig: string, apiServer: string, endpoint: string): string {
  const config = load(kubeconfig) as Kubeconfig;
  for (const { cluster } of config.clusters) {
    cluster.server = `https://${apiServer}`;
    cluster["tls-server-name"] = endpoint;
  }
  return dump(config, { lineWidth: -1 });
}
