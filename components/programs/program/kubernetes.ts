import * as fs from "fs";
import * as https from "https";

const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";
const TIMEOUT_MS = 10_000;

/** The API server, as the pod's service account may use it. */
export class Kubernetes {
  private readonly ca = fs.readFileSync(`${SERVICE_ACCOUNT}/ca.crt`, "utf8");

  /** Undefined outside a cluster. */
  static inCluster(): Kubernetes | undefined {
    return process.env.KUBERNETES_SERVICE_HOST ? new Kubernetes() : undefined;
  }

  async get<T>(path: string): Promise<T> {
    return JSON.parse(await this.request("GET", path)) as T;
  }

  async patch(path: string, body: unknown): Promise<void> {
    await this.request("PATCH", path, JSON.stringify(body));
  }

  private request(method: string, path: string, body?: string): Promise<string> {
    const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
    const headers = {
      // Read each time: it is renewed.
      authorization: `Bearer ${fs.readFileSync(`${SERVICE_ACCOUNT}/token`, "utf8")}`,
      "content-type": "application/merge-patch+json",
    };
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => reject(new Error(`${method} ${path}: ${why}`));
      const request = https.request(
        { host, port, path, method, headers, ca: this.ca, timeout: TIMEOUT_MS },
        (response) => {
          let answer = "";
          response.on("data", (chunk) => (answer += chunk));
          response.on("end", () =>
            response.statusCode === 200 ? resolve(answer) : fail(`${response.statusCode} ${answer}`),
          );
        },
      );
      request.on("timeout", () => request.destroy(new Error("the API server did not answer")));
      request.on("error", (error) => fail(error.message));
      request.end(body);
    });
  }
}
