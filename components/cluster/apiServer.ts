import { randomBytes } from "node:crypto";
import type { ClientRequest, IncomingMessage } from "node:http";
import * as https from "node:https";
import type { Duplex } from "node:stream";
import { parseAnswer } from "../failures";
import { accessBy } from "./kubeconfig";
import { Tunnel } from "./tunnel";
import { Unreachable } from "./unreachable";

const TIMEOUT_MS = 10_000;

/**
 * The API server as the administrator reaches it from where Pulumi runs: for what no resource can tell, and to look only. No proxy
 * is used, whatever the environment says.
 */
export class ApiServer {
  constructor(private readonly kubeconfig: string) {}

  /** @throws Unreachable where the API server doesn't give the list */
  async list<T>(path: string): Promise<T[]> {
    const answer = await new Promise<string>((resolve, reject) => {
      const request = https.get({ ...this.options(), path }, (response) => {
        void bodyOf(response).then((body) => {
          if (response.statusCode !== 200) reject(refusal(path, response, body));
          else if (response.complete) resolve(body);
          else reject(new Unreachable(`${path}: the API server's answer broke off`));
        });
      });
      endWith(request, reject);
    });
    return parseAnswer<{ items: T[] }>(`the API server's answer to ${path}`, answer).items;
  }

  /**
   * A connection to a pod's port, which the API server needs no route of ours for.
   *
   * @throws Unreachable where the API server opens none
   */
  connect(namespace: string, pod: string, port: number): Promise<Duplex> {
    const path = `/api/v1/namespaces/${namespace}/pods/${pod}/portforward?ports=${port}`;
    const headers = {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": randomBytes(16).toString("base64"),
      "sec-websocket-protocol": "v4.channel.k8s.io",
    };
    return new Promise((resolve, reject) => {
      const request = https.get({ ...this.options(), path, headers });
      request.on("upgrade", (_response, socket, head) => {
        if (head.length > 0) socket.unshift(head);
        resolve(new Tunnel(socket));
      });
      request.on("response", (response) => {
        void bodyOf(response).then((body) => reject(refusal(`port-forward to ${pod}`, response, body)));
      });
      endWith(request, reject);
    });
  }

  /** @throws Error where the kubeconfig has no certificate to log in by */
  private options(): https.RequestOptions {
    return { ...accessBy(this.kubeconfig), agent: false, timeout: TIMEOUT_MS };
  }
}

function endWith(request: ClientRequest, reject: (error: Error) => void): void {
  const silent = `the API server did not answer within ${TIMEOUT_MS / 1000} s`;
  request.on("timeout", () => request.destroy(new Error(silent)));
  request.on("error", (error) => reject(new Unreachable(error.message)));
}

/** As much as has come when it ends or breaks off. */
function bodyOf(response: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    response.setEncoding("utf8");
    response.on("data", (chunk: string) => (text += chunk));
    response.on("error", () => resolve(text));
    response.on("close", () => resolve(text));
  });
}

/** The API server puts its reason into an object; what a proxy answers is of any form. */
function refusal(what: string, { statusCode }: IncomingMessage, body: string): Unreachable {
  let reason = "";
  try {
    reason = (JSON.parse(body) as { message?: string }).message ?? "";
  } catch {
    // The status has to do.
  }
  return new Unreachable(`${what}: the API server answered ${statusCode}${reason && `, ${reason}`}`, statusCode);
}
