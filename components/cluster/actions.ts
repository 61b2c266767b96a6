/** Scripts that run on a host when a resource is created, deleted, or both. */
export interface HostAction {
  /** Name in resources and messages. @example "control-plane" */
  readonly name: string;
  /**
   * Files of scripts/, without `.sh`, that run in this order when the resource is created, and again when it changes. A library
   * precedes the scripts that call it; lib/lib.sh precedes all.
   *
   * @default none
   * @example ["lib/nodes", "admit"]
   */
  readonly create?: readonly string[];
  /** Files, as in `create`, that run when the resource is deleted. @default none */
  readonly delete?: readonly string[];
  /** Time limit in minutes, which the host enforces. @default 60, of which another run on the host may take half */
  readonly minutes?: number;
}

/** All actions on hosts. docs/host-actions.md lists them. */
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
  /** Runs when the worker is removed from the config. */
  leave: { name: "leave", delete: ["lib/nodes", "leave"] },
  /** Runs as soon as the config calls the worker lost. */
  leaveAtOnce: { name: "leave", create: ["lib/nodes", "leave"] },
  drift: { name: "drift", create: ["drift"] },
} as const satisfies Record<string, HostAction>;

/** Time limit of an action, in minutes. */
export const minutesOf = ({ minutes = 60 }: HostAction): number => minutes;
