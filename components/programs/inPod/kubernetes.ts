import * as fs from "fs";
import { ApiClient, orNone } from "../../cluster/apiClient";

const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * A client of the API server with the pod's service account.
 *
 * @see https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
 */
export class Kubernetes extends ApiClient {
  /** @param account folder with the service account's files */
  constructor(account = SERVICE_ACCOUNT) {
    const ca = fs.readFileSync(`${account}/ca.crt`, "utf8");
    super(() => {
      const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
      const headers = { authorization: `Bearer ${fs.readFileSync(`${account}/token`, "utf8")}` };
      return { host, port, ca, headers };
    });
  }

  /** The client; undefined outside a cluster. */
  static inCluster(): Kubernetes | undefined {
    return process.env.KUBERNETES_SERVICE_HOST ? new Kubernetes() : undefined;
  }

  /** Merges `body` into an object. @see RFC 7386 (JSON merge patch) */
  async patch(path: string, body: unknown): Promise<void> {
    await this.request("PATCH", path, JSON.stringify(body), "application/merge-patch+json");
  }

  /** Creates an object, or a subresource such as an eviction. */
  async create(path: string, body: unknown): Promise<void> {
    await this.request("POST", path, JSON.stringify(body));
  }

  /** Starts to delete an object. It is gone once all objects that it owns are. Succeeds if it doesn't exist. */
  async remove(path: string): Promise<void> {
    await this.request("DELETE", path, JSON.stringify({ propagationPolicy: "Foreground" })).catch(orNone);
  }
}
