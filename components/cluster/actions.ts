/** Scripts that run on a host, in one or both moments of a resource's life. */
export interface HostAction {
  /** As resources and messages name it. @example "control-plane" */
  readonly name: string;
  /**
   * Files of scripts/, without `.sh`, that run one after the other when the resource is made, and again when it changes.
   * A library stands before the scripts that call it; lib/lib.sh goes in front of all. @default none
   */
  readonly create?: readonly string[];
  /** The same for when the resource is deleted. @default none */
  readonly delete?: readonly string[];
  /** Minutes after which the host ends the action. @default 60, half of it for the wait for another run's end */
  readonly minutes?: number;
}

/** Everything that is run on hosts, as docs/host-actions.md lists it. */
export const actions = {
  preflight: { name: "preflight", create: ["lib/packet-filter", "preflight"], minutes: 5 },
  undo: { name: "undo", delete: ["undo"] },
  prepare: { name: "prepare", create: ["record", "lib/kubelet", "prepare"] },
  init: { name: "init", create: ["init"] },
  request: { name: "request", create: ["request"] },
  admit: { name: "admit", create: ["lib/nodes", "admit"] },
  controlPlane: { name: "control-plane", create: ["lib/nodes", "lib/etcd", "lib/address", "control-plane"] },
  join: { name: "join", create: ["lib/address", "join"] },
  kubeconfig: { name: "kubeconfig", create: ["kubeconfig"] },
  labels: { name: "labels", create: ["labels"], delete: ["labels"] },
  podNetwork: { name: "pod-network", create: ["pod-network"] },
  /** When the worker is taken off the list. */
  leave: { name: "leave", delete: ["lib/nodes", "leave"] },
  /** As soon as the worker is lost. */
  leaveAtOnce: { name: "leave", create: ["lib/nodes", "leave"] },
  drift: { name: "drift", create: ["drift"] },
} as const satisfies Record<string, HostAction>;

/** How long an action may take. */
export const minutesOf = ({ minutes = 60 }: HostAction): number => minutes;
