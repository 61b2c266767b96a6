import * as fs from "fs";
import * as https from "https";
import { parseAnswer, UnreadableAnswer } from "../../failures";

const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";
const TIMEOUT_MS = 10_000;

/** The API server answered with an error. */
export class KubernetesError extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

/** The API server, as the pod's service account may use it. */
export class Kubernetes {
  private readonly ca: string;

  /** @param account folder with the service account's files */
  constructor(private readonly account = SERVICE_ACCOUNT) {
    this.ca = fs.readFileSync(`${account}/ca.crt`, "utf8");
  }

  /** Undefined outside a cluster. */
  static inCluster(): Kubernetes | undefined {
    return process.env.KUBERNETES_SERVICE_HOST ? new Kubernetes() : undefined;
  }

  async get<T>(path: string): Promise<T> {
    return parseAnswer(`the API server's answer to ${path}`, await this.request("GET", path));
  }

  /** Undefined where there is no such object. */
  async find<T>(path: string): Promise<T | undefined> {
    return this.get<T>(path).catch(orNone);
  }

  async list<T>(path: string): Promise<T[]> {
    return (await this.get<{ items: T[] }>(path)).items;
  }

  async patch(path: string, body: unknown): Promise<void> {
    await this.request("PATCH", path, JSON.stringify(body));
  }

  async create(path: string, body: unknown): Promise<void> {
    await this.request("POST", path, JSON.stringify(body));
  }

  /** Begins to delete an object, which is gone when all that it owns is. */
  async remove(path: string): Promise<void> {
    await this.request("DELETE", path, JSON.stringify({ propagationPolicy: "Foreground" })).catch(orNone);
  }

  private request(method: string, path: string, body?: string): Promise<string> {
    const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
    const headers = {
      // Node.js gives a DELETE's body no length by itself: the API server would take it for the next request.
      ...(body !== undefined && { "content-length": Buffer.byteLength(body) }),
      // Read each time: it is renewed.
      authorization: `Bearer ${fs.readFileSync(`${this.account}/token`, "utf8")}`,
      "content-type": method === "PATCH" ? "application/merge-patch+json" : "application/json",
    };
    return new Promise((resolve, reject) => {
      const what = `${method} ${path}`;
      const request = https.request(
        { host, port, path, method, headers, ca: this.ca, timeout: TIMEOUT_MS },
        (response) => {
          let answer = "";
          response.setEncoding("utf8"); // else a character that two chunks share is lost
          const status = response.statusCode!;
          response.on("data", (chunk: string) => (answer += chunk));
          response.on("error", () => undefined); // `close` follows
          response.on("close", () => {
            if (!response.complete) reject(new UnreadableAnswer(`${what}: the API server's answer broke off`));
            else if (status < 300) resolve(answer);
            else reject(new KubernetesError(`${what}: ${status} ${answer}`, status));
          });
        },
      );
      request.on("timeout", () => request.destroy(new Error("the API server did not answer")));
      request.on("error", (error) => reject(new Error(`${what}: ${error.message}`, { cause: error })));
      request.end(body);
    });
  }
}

function orNone(error: Error): undefined {
  if (error instanceof KubernetesError && error.status === 404) return undefined;
  throw error;
}
