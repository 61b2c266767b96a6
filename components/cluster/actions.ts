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

/** Time limit of actions that ask gates, in minutes. */
const GATE_MINUTES = 720;

/** Libraries of the actions that renew certificates. */
const renewal = [
  "lib/turn",
  "lib/control-plane-restart",
  "lib/client-certificate",
  "lib/kubelet-login",
  "lib/serving-certificate",
  "lib/renewal",
];

/** Libraries of the passes of an exchange of authorities that restart static pods. */
const exchange = ["lib/turn", "lib/control-plane-restart", "lib/renewal", "lib/authorities", "lib/authority-exchange"];

/** All actions on hosts. docs/host-actions.md lists them. */
export const actions = {
  preflight: {
    name: "preflight",
    create: ["lib/packet-filter", "lib/kubeadm", "lib/plugin", "lib/upgrade-room", "preflight"],
    minutes: 5,
  },
  undo: { name: "undo", delete: ["lib/backups-folder", "undo"] },
  /** A timer on each host runs it, which `prepare` installs where hosts may be rebooted or updated. */
  reportHost: { name: "report-host", create: ["lib/packages", "lib/reboot", "report-host"], minutes: 15 },
  prepare: { name: "prepare", create: ["record", "lib/kubelet", "lib/packages", "prepare"] },
  init: { name: "init", create: ["lib/kubeadm", "lib/api-server-files", "lib/encryption", "init"] },
  request: { name: "request", create: ["lib/kubelet-login", "lib/node-request", "request"] },
  admit: { name: "admit", create: ["lib/nodes", "lib/addresses", "lib/node-request", "admit"] },
  controlPlane: {
    name: "control-plane",
    create: [
      "lib/turn",
      "lib/nodes",
      "lib/addresses",
      "lib/etcd",
      "lib/address",
      "lib/kubeadm",
      "lib/bootstrap-tokens",
      "lib/api-server-files",
      "lib/plugin",
      "lib/authorities",
      "lib/staged",
      "lib/restore",
      "control-plane",
    ],
  },
  controlPlaneConfig: {
    name: "control-plane-config",
    create: [
      "lib/turn",
      "lib/kubeadm",
      "lib/control-plane-restart",
      "lib/bootstrap-tokens",
      "lib/api-server-files",
      "lib/authorities",
      "control-plane-config",
    ],
  },
  certificates: {
    name: "certificates",
    create: [...renewal, "certificates"],
  },
  /** A service on each control plane runs it, which `certificates` installs. */
  approveKubelets: {
    name: "approve-kubelets",
    create: ["lib/addresses", "lib/client-certificate", "lib/node-request", "approve-kubelets"],
  },
  /** A timer on each control plane runs it, which `certificates` installs. */
  renewCertificates: {
    name: "renew-certificates",
    create: [...renewal, "renew-certificates"],
  },
  keyAdd: {
    name: "key-add",
    create: [
      "lib/turn",
      "lib/etcd",
      "lib/kubeadm",
      "lib/plugin",
      "lib/encryption",
      "lib/control-plane-restart",
      "key-add",
    ],
  },
  keyUse: { name: "key-use", create: ["lib/etcd", "lib/encryption", "key-use"] },
  keyDrop: { name: "key-drop", create: ["lib/etcd", "lib/encryption", "key-drop"] },
  authorityAdd: {
    name: "authority-add",
    create: [...exchange, "authority-add"],
  },
  /** Replaces pods on all nodes, one by one. */
  authorityUse: {
    name: "authority-use",
    create: [...exchange, "authority-use"],
    minutes: 240,
  },
  authorityKubelet: { name: "authority-kubelet", create: ["lib/authorities", "lib/node-request", "authority-kubelet"] },
  authorityDrop: {
    name: "authority-drop",
    create: [...exchange, "authority-drop"],
  },
  join: {
    name: "join",
    create: ["lib/address", "lib/kubeadm", "lib/authorities", "lib/kubelet-login", "lib/serving-certificate", "join"],
  },
  /** A gate may wait for hours until Kafka has all replicas in sync; it ends itself if it waits in vain. */
  beforeUpgrade: {
    name: "before-upgrade",
    create: ["lib/gate", "lib/upgrading", "before-upgrade"],
    minutes: GATE_MINUTES,
  },
  upgrade: {
    name: "upgrade",
    create: [
      "lib/turn",
      "lib/packages",
      "lib/kubeadm",
      "lib/etcd",
      "lib/bootstrap-tokens",
      "lib/control-plane-restart",
      "lib/upgrade-room",
      "lib/upgrading",
      "lib/reboot",
      "lib/serving-certificate",
      "upgrade",
    ],
  },
  afterUpgrade: {
    name: "after-upgrade",
    create: ["lib/turn", "lib/gate", "lib/upgrading", "after-upgrade"],
    minutes: GATE_MINUTES,
  },
  kubeconfig: { name: "kubeconfig", create: ["lib/client-certificate", "kubeconfig"] },
  labels: { name: "labels", create: ["labels"], delete: ["labels"] },
  podNetwork: { name: "pod-network", create: ["pod-network"] },
  /** Runs when the worker is removed from the config. */
  leave: { name: "leave", delete: ["lib/nodes", "lib/addresses", "leave"] },
  /** Runs as soon as the config calls the worker lost. */
  leaveAtOnce: { name: "leave", create: ["lib/nodes", "lib/addresses", "leave"] },
  /** Also runs when backups are switched off. */
  backups: {
    name: "backups",
    create: ["lib/backups-folder", "backups"],
    delete: ["lib/backups-folder", "backups"],
  },
  backupOfKafka: { name: "backup-of-kafka", create: ["backup-of-kafka"] },
  listBackups: { name: "list-backups", create: ["lib/backups-folder", "list-backups"], minutes: 5 },
  findVolumes: { name: "find-volumes", create: ["find-volumes"], minutes: 5 },
  expectBackup: { name: "expect-backup", create: ["lib/staged", "expect-backup"] },
  restore: { name: "restore", create: ["lib/staged", "restore"] },
  drift: { name: "drift", create: ["lib/kubelet-login", "lib/serving-certificate", "drift"] },
  cis: { name: "cis", create: ["cis"], minutes: 5 },
} as const satisfies Record<string, HostAction>;

/** Time limit of an action, in minutes. */
export const minutesOf = ({ minutes = 60 }: HostAction): number => minutes;
