import { type X509Certificate } from "node:crypto";
import * as tls from "node:tls";

import { mayHeal } from "../../failures";
import { Deadline } from "../../programs/inPod/waiting";
import { absoluteName, askWith, serverName, type TlsCertificate } from "../protocol/ask";
import { type Address, Connection } from "../protocol/connection";
import { failOn } from "../protocol/errors";
import { alterConfigs } from "../protocol/requests";
import type { IssuingTask } from "./task";

/**
 * A setting of one node that Kafka doesn't know. With each change of a node's own settings, whichever it is, Kafka looks whether the
 * node's key stores are other files, and reads these.
 *
 * @see `DynamicConfigPublisher` of Kafka 4.3; KIP-226 (dynamic broker settings)
 */
const CHANGED = "kubeadm-kafka.certificates";
const [BROKER, SET] = [4, 0];
/** The kubelet brings a changed Secret to a pod within about a minute and a half. */
const DEADLINE_SECONDS = 300;
const POLL_MS = 5_000;
const CONNECT_MS = 5_000;

type Node = IssuingTask["nodes"][number];

/** How nodes are asked; a test has others. */
export interface Nodes {
  /** The certificate that a node shows; undefined if it can't be reached, or has no TLS yet. */
  shownBy(address: Address): Promise<X509Certificate | undefined>;
  /** Changes the setting `CHANGED` of a node. @param at addresses of nodes that may be asked, one after the other */
  change(id: number, at: readonly Address[]): Promise<void>;
}

/**
 * Has nodes take up renewed certificates, without a restart. A node that can't be reached reads its certificate when it starts.
 *
 * @param certificates each pod's certificate, by the pod's name
 * @returns names of the pods that show another certificate than before
 */
export async function takeUp(
  nodes: Nodes,
  { nodes: all }: Pick<IssuingTask, "nodes">,
  certificates: ReadonlyMap<string, X509Certificate>,
  deadline = new Deadline(DEADLINE_SECONDS, POLL_MS),
): Promise<string[]> {
  const controllers = all.filter(({ isBroker }) => !isBroker).map(({ address }) => address);
  const isOutdated = async ({ pod, address }: Node): Promise<boolean> => {
    const shown = await nodes.shownBy(address);
    return shown !== undefined && shown.fingerprint256 !== certificates.get(pod)!.fingerprint256;
  };
  const outdated = await only(all, isOutdated);
  await deadline.waitUntil("that all nodes show their new certificates", async () => {
    const left = await only(outdated, isOutdated);
    for (const { id, isBroker, address } of left) await nodes.change(id, isBroker ? [address] : controllers);
    return left.map(({ pod }) => `${pod} shows its old certificate`);
  });
  return outdated.map(({ pod }) => pod);
}

async function only<T>(all: readonly T[], isWanted: (each: T) => Promise<boolean>): Promise<T[]> {
  const wanted = await Promise.all(all.map(isWanted));
  return all.filter((_, index) => wanted[index]);
}

/** Nodes of a running Kafka. @param own the certificate of the Job, whose right is to change nodes' settings */
export function runningNodes(own: TlsCertificate): Nodes {
  return {
    shownBy: ({ host, port }) =>
      new Promise((resolve) => {
        const socket = tls.connect({ host: absoluteName(host), port, ...own, ...serverName(host) });
        const end = (shown?: X509Certificate): void => {
          socket.destroy();
          resolve(shown);
        };
        socket.setTimeout(CONNECT_MS, () => end());
        socket.on("error", () => end());
        socket.on("secureConnect", () => end(socket.getPeerX509Certificate()));
      }),
    change: async (id, at) => {
      const configs = [{ name: CHANGED, operation: SET, value: new Date().toISOString() }];
      const question = { resources: [{ type: BROKER, name: String(id), configs }], validateOnly: false };
      let failure: unknown;
      for (const address of at) {
        try {
          const { responses } = await new Connection(
            [address],
            askWith(() => own),
          ).ask(alterConfigs, question);
          for (const each of responses) failOn(`node ${id} can't be told of its new certificate`, each);
          return;
        } catch (error) {
          // Of several controllers, only the active one answers.
          if (!mayHeal(error)) throw error;
          failure = error;
        }
      }
      throw failure;
    },
  };
}
