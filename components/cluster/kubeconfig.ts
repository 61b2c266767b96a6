import { X509Certificate } from "node:crypto";
import type { SecureContextOptions } from "node:tls";
import { dump, load } from "js-yaml";
import { reasonOf, UnreadableAnswer } from "../failures";

/** What control planes need to join. */
export interface InitResult {
  /** Certificate authority of the API servers' certificates, PEM in base64. */
  readonly authority: string;
  /** Decrypts the certificates that control planes share. Secret. */
  readonly certificateKey: string;
}

/**
 * Parses init.sh's result.
 *
 * @param text the result. Earlier versions printed a kubeconfig, `joiner`, that has the authority in it.
 * @throws Error where the text is no such result
 */
export function parseInitResult(text: string): InitResult {
  const result = JSON.parse(text) as (Partial<InitResult> & { joiner?: string }) | null;
  const authority = result?.authority ?? (result?.joiner && authorityIn(result.joiner));
  if (!authority || !result?.certificateKey) throw new Error("no init result");
  return { authority, certificateKey: result.certificateKey };
}

/**
 * Checks kubeconfig.sh's result.
 *
 * @returns the administrator's kubeconfig in base64
 * @throws Error where the text is no kubeconfig in base64
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
 * The administrator's kubeconfig for use from where Pulumi runs. Clients check the certificate against the endpoint's name and not
 * the address, which may change without a new certificate: a published port, a tunnel, a VM's new address.
 *
 * @param admin the kubeconfig of a control plane, in base64
 * @param apiServer address at which Pulumi reaches an API server @example "[fd00::4]:6443"
 * @param endpoint DNS name of the API server
 * @see https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/#Cluster for `tls-server-name`
 */
export function reachableKubeconfig(admin: string, apiServer: string, endpoint: string): string {
  const config = parse(admin);
  const [{ cluster }] = config.clusters;
  cluster.server = `https://${apiServer}`;
  cluster["tls-server-name"] = endpoint;
  return dump(config, { lineWidth: -1 });
}

/** The certificate authority in a control plane's kubeconfig, in PEM. @param admin the kubeconfig in base64 */
export function certificateAuthority(admin: string): string {
  return fromBase64(authorityIn(admin));
}

/**
 * Options of an HTTPS request to the API server of a kubeconfig from `reachableKubeconfig`.
 *
 * @throws UnreadableAnswer where the kubeconfig can't be parsed
 * @throws Error where the kubeconfig has no client certificate
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

/**
 * When the certificates of a kubeconfig from `reachableKubeconfig` end, in seconds since 1970; undefined for one that it hasn't.
 *
 * @throws UnreadableAnswer where the kubeconfig can't be parsed
 */
export function endsIn(kubeconfig: string): { kubeconfig: number | undefined; authority: number | undefined } {
  const { cluster, user } = partsOf(kubeconfig);
  return {
    kubeconfig: endOf(user["client-certificate-data"]),
    authority: endOf(cluster["certificate-authority-data"]),
  };
}

function endOf(certificate: string | undefined): number | undefined {
  return certificate ? Date.parse(new X509Certificate(fromBase64(certificate)).validTo) / 1000 : undefined;
}

function partsOf(kubeconfig: string) {
  try {
    const { clusters, users } = load(kubeconfig) as Kubeconfig;
    const [[{ cluster }], [{ user }]] = [clusters, users];
    return { server: new URL(cluster.server), cluster, user };
  } catch (error) {
    throw new UnreadableAnswer(`the kubeconfig can't be read: ${reasonOf(error)}`, { cause: error });
  }
}

/** The host's part of `host:port`. @example "[fd00::4]:6443" → "fd00::4" */
export function hostOf(hostAndPort: string): string {
  return withoutBrackets(hostAndPort.slice(0, hostAndPort.lastIndexOf(":")));
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1");
}

/** @throws Error where the text is no kubeconfig with an authority */
function authorityIn(kubeconfig: string): string {
  const config = parse(kubeconfig) as { clusters?: Partial<Kubeconfig["clusters"][0]>[] } | null;
  const authority = config?.clusters?.[0]?.cluster?.["certificate-authority-data"];
  if (authority === undefined) throw new Error("no kubeconfig with a certificate authority");
  return authority;
}

function parse(admin: string): Kubeconfig {
  return load(fromBase64(admin)) as Kubeconfig;
}

function fromBase64(text: string): string {
  return Buffer.from(text, "base64").toString("utf8");
}
