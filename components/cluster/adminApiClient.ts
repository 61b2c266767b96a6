import { isIPv6 } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocket } from "ws";
import { reasonOf } from "../failures";
import { ApiClient, bodyOf, refusal, SILENT, TIMEOUT_MS } from "./apiClient";
import { accessBy } from "./kubeconfig";
import { Tunnel } from "./tunnel";
import { Unreachable } from "./unreachable";

/**
 * Messages are the number of a channel, one byte, and the channel's bytes.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.34.4/staging/src/k8s.io/kubelet/pkg/cri/streaming/portforward/websocket.go
 */
const SUBPROTOCOL = "v4.channel.k8s.io";
/** How long a peer may leave a connection open after it has announced the end. */
const CLOSE_TIMEOUT_MS = 1000;

/**
 * The API server from where Pulumi runs, with the administrator's credential: reads what no resource knows, and ends Jobs that
 * can't start. Proxies of the environment aren't used.
 */
export class AdminApiClient extends ApiClient {
  constructor(private readonly kubeconfig: string) {
    super(() => ({ ...accessBy(kubeconfig), agent: false }));
  }

  /**
   * Connects to a pod's port through the API server, since there is no route to pods from here.
   *
   * @throws Unreachable where the API server opens no connection
   * @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/ for `portforward`
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
        void bodyOf(response).then(({ text }) => giveUp(refusal(`port-forward to ${pod}`, response, text)));
      });
      socket.on("error", (error) => giveUp(new Unreachable(reasonOf(error), undefined, { cause: error })));
    });
  }
}
