import { isIPv6 } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocket } from "ws";
import { ApiClient, bodyOf, refusal, SILENT, TIMEOUT_MS } from "./apiClient";
import { accessBy } from "./kubeconfig";
import { Tunnel } from "./tunnel";
import { Unreachable } from "./unreachable";

/** Carries each channel's bytes as they are, after a byte that says which channel it is. */
const SUBPROTOCOL = "v4.channel.k8s.io";
/** How long a host that has announced the end of a connection may leave it open. */
const CLOSE_TIMEOUT_MS = 1000;

/**
 * The API server as the administrator reaches it from where Pulumi runs: for what no resource can tell, and to look only. No proxy
 * is used, whatever the environment says.
 */
export class ApiServer extends ApiClient {
  constructor(private readonly kubeconfig: string) {
    super(() => ({ ...accessBy(kubeconfig), agent: false }));
  }

  /**
   * A connection to a pod's port, which the API server needs no route of ours for.
   *
   * @throws Unreachable where the API server opens none
   */
  async connect(namespace: string, pod: string, port: number): Promise<Duplex> {
    const { hostname, port: apiPort, ...identity } = accessBy(this.kubeconfig);
    const server = `wss://${isIPv6(hostname) ? `[${hostname}]` : hostname}:${apiPort}`;
    const path = `/api/v1/namespaces/${namespace}/pods/${pod}/portforward?ports=${port}`;
    const options = { ...identity, perMessageDeflate: false, closeTimeout: CLOSE_TIMEOUT_MS };
    const socket = new WebSocket(`${server}${path}`, SUBPROTOCOL, options);
    return new Promise((resolve, reject) => {
      const giveUp = (error: Unreachable): void => {
        clearTimeout(timer);
        reject(error);
        socket.terminate();
      };
      const timer = setTimeout(() => giveUp(new Unreachable(SILENT)), TIMEOUT_MS);
      socket.on("open", () => {
        clearTimeout(timer);
        resolve(new Tunnel(socket));
      });
      socket.on("unexpected-response", (_request, response) => {
        void bodyOf(response).then((body) => giveUp(refusal(`port-forward to ${pod}`, response, body)));
      });
      socket.on("error", (error) => giveUp(new Unreachable(error.message, undefined, { cause: error })));
    });
  }
}
