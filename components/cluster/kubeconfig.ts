import type { SecureContextOptions } from "node:tls";
import { dump, load } from "js-yaml";
import { UnreadableAnswer } from "../failures";

/** What other control planes join with. */
export interface InitResult {
  /** Whom the API servers' certificates come from, PEM in base64. */
  readonly authority: string;
  /** Unlocks the certificates that control planes share. */
  readonly certificateKey: string;
}

/**
 * @param text what init.sh has printed. Earlier versions printed a kubeconfig, `joiner`, in place of the authority, which is
 *   in it; what else is in it nobody uses any more.
 * @throws Error where it is something else
 */
export function parseInitResult(text: string): InitResult {
  const result = JSON.parse(text) as (Partial<InitResult> & { joiner?: string }) | null;
  const authority = result?.authority ?? (result?.joiner && authorityIn(result.joiner));
  if (!authority || !result?.certificateKey) throw new Error("no init result");
  return { authority, certificateKey: result.certificateKey };
}

/**
 * The administrator's kubeconfig as kubeconfig.sh prints it, in base64.
 *
 * @throws Error where it is something else
 */
export function parseAdminKubeconfig(text: string): string {
  const config = parse(text) as Partial<Kubeconfig> | null | undefined;
  if (!Array.isArray(config?.clusters) || !Array.isArray(config.users)) throw new Error("no kubeconfig");
  return text;
}

interface Kubeconfig {
  clusters: [{ cluster: { server: string; "tls-server-name"?: string; "certificate-authority-data": string } }];
  users: [{ user: { "client-certificate-data"?: string; "client-key-data"?: string } }];
}

/**
 * The administrator's kubeconfig for use from where Pulumi runs. The certificate is checked against the endpoint's name and
 * not the address: that may change (a published port, a tunnel, a VM's new address) without a new certificate.
 *
 * @param admin as a control plane prints it, in base64
 * @param apiServer `host:port`, or `[host]:port`, at which an API server is reached from there
 */
export function reachableKubeconfig(admin: string, apiServer: string, endpoint: string): string {
  const config = parse(admin);
  const [{ cluster }] = config.clusters;
  cluster.server = `https://${apiServer}`;
  cluster["tls-server-name"] = endpoint;
  return dump(config, { lineWidth: -1 });
}

/** Whom the API servers' certificates come from, in PEM. */
export function certificateAuthority(admin: string): string {
  return fromBase64(authorityIn(admin));
}

/**
 * How an HTTPS request goes to the API server of a kubeconfig from `reachableKubeconfig`.
 *
 * @throws Error where the kubeconfig can't be read, or has no certificate to log in by
 */
export function accessBy(
  kubeconfig: string,
): SecureContextOptions & Record<"hostname" | "port" | "servername", string> {
  const { server, cluster, user } = partsOf(kubeconfig);
  const { "client-certificate-data": cert, "client-key-data": key } = user;
  if (!cert || !key) throw new Error("the kubeconfig has no certificate to log in by");
  const hostname = withoutBrackets(server.hostname);
  return {
    hostname,
    port: server.port,
    servername: cluster["tls-server-name"] ?? hostname,
    ca: fromBase64(cluster["certificate-authority-data"]),
    cert: fromBase64(cert),
    key: fromBase64(key),
  };
}

function partsOf(kubeconfig: string) {
  try {
    const { clusters, users } = load(kubeconfig) as Kubeconfig;
    const [[{ cluster }], [{ user }]] = [clusters, users];
    return { server: new URL(cluster.server), cluster, user };
  } catch (error) {
    throw new UnreadableAnswer(`the kubeconfig can't be read: ${(error as Error).message}`, { cause: error });
  }
}

/** The name or address of `host:port`, or of `[host]:port` where it is an IPv6 address. */
export function hostOf(hostAndPort: string): string {
  return withoutBrackets(hostAndPort.slice(0, hostAndPort.lastIndexOf(":")));
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1");
}

function authorityIn(kubeconfig: string): string {
  return parse(kubeconfig).clusters[0].cluster["certificate-authority-data"];
}

function parse(admin: string): Kubeconfig {
  return load(fromBase64(admin)) as Kubeconfig;
}

function fromBase64(text: string): string {
  return Buffer.from(text, "base64").toString("utf8");
}
