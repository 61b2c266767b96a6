import { randomBytes } from "node:crypto";
import * as https from "node:https";
import type { Duplex } from "node:stream";
import { accessBy } from "./kubeconfig";
import { Tunnel } from "./tunnel";

const TIMEOUT_MS = 10_000;

/** The API server as the administrator reaches it from where Pulumi runs: for what no resource can tell, and to look only. */
export class ApiServer {
  private readonly options: https.RequestOptions;

  /** @throws Error where the kubeconfig has no certificate to log in by */
  constructor(kubeconfig: string) {
    this.options = { ...accessBy(kubeconfig), agent: false, timeout: TIMEOUT_MS };
  }

  async list<T>(path: string): Promise<T[]> {
    const answer = await new Promise<string>((resolve, reject) => {
      const request = https.get({ ...this.options, path }, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (text += chunk));
        response.on("end", () =>
          response.statusCode === 200 ? resolve(text) : reject(new Error(`${path}: ${response.statusCode}`)),
        );
      });
      endWith(request, reject);
    });
    return (JSON.parse(answer) as { items: T[] }).items;
  }

  /** A connection to a pod's port, which the API server needs no route of ours for. */
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
      const request = https.get({ ...this.options, path, headers });
      request.on("upgrade", (_response, socket, head) => {
        if (head.length > 0) socket.unshift(head);
        resolve(new Tunnel(socket));
      });
      request.on("response", (response) => {
        response.resume();
        reject(new Error(`${pod} can't be reached: ${response.statusCode}`));
      });
      endWith(request, reject);
    });
  }
}

function endWith(request: ReturnType<typeof https.get>, reject: (error: Error) => void): void {
  request.on("timeout", () => request.destroy(new Error("the API server did not answer")));
  request.on("error", reject);
}
