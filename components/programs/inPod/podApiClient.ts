import * as fs from "fs";
import { ApiClient, orNone } from "../../cluster/apiClient";
import { Unreachable } from "../../cluster/unreachable";
import { Fatal, reasonOf } from "../../failures";

/**
 * HTTP statuses of a request that is wrong in itself: malformed, not allowed on this path, too large, of the wrong type, invalid.
 * A permission (401, 403) may still be on its way to the API server, and conflicts (409) pass.
 */
const WRONG_REQUEST: readonly number[] = [400, 405, 413, 415, 422];

const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * A client of the API server with the pod's service account.
 *
 * @see https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
 */
export class PodApiClient extends ApiClient {
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
  static inCluster(): PodApiClient | undefined {
    return process.env.KUBERNETES_SERVICE_HOST ? new PodApiClient() : undefined;
  }

  /** @throws Fatal where the API server calls the request itself wrong, as it would each time */
  protected override async request(method: string, path: string, body?: string, type?: string): Promise<string> {
    return super.request(method, path, body, type).catch((error: Error) => {
      if (!(error instanceof Unreachable) || !WRONG_REQUEST.includes(error.status ?? 0)) throw error;
      throw new Fatal(reasonOf(error), { cause: error });
    });
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
