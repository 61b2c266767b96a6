import * as fs from "fs";
import { ApiClient, orNone } from "../../cluster/apiClient";

const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The API server, as the pod's service account may use it. */
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

  /** Undefined outside a cluster. */
  static inCluster(): Kubernetes | undefined {
    return process.env.KUBERNETES_SERVICE_HOST ? new Kubernetes() : undefined;
  }

  async patch(path: string, body: unknown): Promise<void> {
    await this.request("PATCH", path, JSON.stringify(body), "application/merge-patch+json");
  }

  async create(path: string, body: unknown): Promise<void> {
    await this.request("POST", path, JSON.stringify(body));
  }

  /** Begins to delete an object, which is gone when all that it owns is. */
  async remove(path: string): Promise<void> {
    await this.request("DELETE", path, JSON.stringify({ propagationPolicy: "Foreground" })).catch(orNone);
  }
}
