import { images } from "../artifacts/images";
import type { KubernetesObject } from "../manifest";
import { denyAll, type EgressRule } from "../network/policyPlan";
import { podSecurity } from "../podSecurityPlan";

export interface LocalPathSettings {
  /** Folder on each host for volumes alone, which prepare.sh opens to root only. @example "/var/lib/kubeadm-kafka-volumes" */
  volumesPath: string;
  /** How the provisioner reaches the API servers. Its namespace's pods can then connect to nothing else. @default no policies */
  apiServers?: EgressRule | undefined;
}

/** The folder for volumes in a folder that may hold other things. @example "/var/lib" → "/var/lib/kubeadm-kafka-volumes" */
export function volumesFolder(parent: string): string {
  return `${parent.replace(/\/+$/, "")}/kubeadm-kafka-volumes`;
}

export const localPathClass = "local-path";

/**
 * File that each volume has from its creation on. A folder without the file is an empty one that the kubelet made: the volume went
 * with a machine that was replaced under its name.
 */
export const volumeMark = ".kubeadm-kafka-volume";

const namespace = "local-path-storage";
const name = "local-path-provisioner";
/** The provisioner gives it to its helper pods as well, which get no token of it. */
const account = `${name}-service-account`;
const labels = { app: "local-path-provisioner" };

/**
 * Rancher's local-path-provisioner: a volume is a folder on the host of the first pod that claims it, and stays there. It may do
 * less than upstream's: it reads no ConfigMaps, since its own is mounted, and pods only in its own namespace.
 *
 * @see https://github.com/rancher/local-path-provisioner/blob/v0.0.30/deploy/local-path-storage.yaml
 */
export function localPathManifest({ volumesPath, apiServers }: LocalPathSettings): KubernetesObject[] {
  const subjects = [{ kind: "ServiceAccount", name: account, namespace }];
  const rbac = "rbac.authorization.k8s.io";
  return [
    // The helper pods mount folders of their host.
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels: podSecurity("privileged") } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: account, namespace } },
    {
      apiVersion: `${rbac}/v1`,
      kind: "Role",
      metadata: { name, namespace },
      // For the helper pods, which make and remove a volume's folder on its host.
      rules: [
        { apiGroups: [""], resources: ["pods"], verbs: ["get", "create", "delete"] },
        { apiGroups: [""], resources: ["pods/log"], verbs: ["get"] },
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRole",
      metadata: { name },
      rules: [
        { apiGroups: [""], resources: ["nodes", "persistentvolumeclaims"], verbs: read },
        { apiGroups: [""], resources: ["persistentvolumes"], verbs: [...read, "create", "patch", "update", "delete"] },
        { apiGroups: [""], resources: ["events"], verbs: ["create", "patch"] },
        { apiGroups: ["storage.k8s.io"], resources: ["storageclasses"], verbs: read },
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "RoleBinding",
      metadata: { name, namespace },
      roleRef: { apiGroup: rbac, kind: "Role", name },
      subjects,
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name },
      subjects,
    },
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "local-path-config", namespace },
      data: {
        "config.json": JSON.stringify({
          nodePathMap: [{ node: "DEFAULT_PATH_FOR_NON_LISTED_NODES", paths: [volumesPath] }],
        }),
        setup: `#!/bin/sh\nset -eu\nmkdir -m 0777 -p "$VOL_DIR"\n: >"$VOL_DIR/${volumeMark}"\n`,
        teardown: '#!/bin/sh\nset -eu\nrm -rf "$VOL_DIR"\n',
        "helperPod.yaml": JSON.stringify(helperPod),
      },
    },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name, namespace },
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: provisionerPod },
      },
    },
    {
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: { name: localPathClass, annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
      provisioner: "rancher.io/local-path",
      volumeBindingMode: "WaitForFirstConsumer",
      reclaimPolicy: "Delete",
    },
    ...(apiServers ? policies(apiServers) : []),
  ];
}

/** Helper pods reach nothing, the provisioner only the API servers. */
function policies(apiServers: EgressRule): KubernetesObject[] {
  const policy = (name: string, spec: object) => ({
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name, namespace },
    spec,
  });
  const provisioner = { podSelector: { matchLabels: labels }, policyTypes: ["Egress"], egress: [apiServers] };
  return [policy("deny-all", denyAll), policy(name, provisioner)];
}

const read = ["get", "list", "watch"];

/** Restrictions of both containers. Each names its capabilities itself. */
const confined = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  seccompProfile: { type: "RuntimeDefault" },
};

const helperPod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "helper-pod" },
  spec: {
    priorityClassName: "system-node-critical",
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    // Removing a volume is the remedy where a host is short of disk.
    tolerations: [{ key: "node.kubernetes.io/disk-pressure", operator: "Exists", effect: "NoSchedule" }],
    containers: [
      {
        name: "helper-pod",
        image: images.localPath.helper,
        imagePullPolicy: "IfNotPresent",
        // It runs as root, which owns the folder for volumes, and removes what other users have put into a volume.
        securityContext: {
          ...confined,
          runAsUser: 0,
          capabilities: { drop: ["ALL"], add: ["DAC_OVERRIDE", "FOWNER"] },
        },
      },
    ],
  },
};

/** Uid of nobody. */
const NOBODY = 65534;
const CONFIG = "/etc/config";

const provisionerPod = {
  serviceAccountName: account,
  // No pod that waits for a volume may take its room.
  priorityClassName: "system-cluster-critical",
  enableServiceLinks: false,
  securityContext: { runAsNonRoot: true, runAsUser: NOBODY, runAsGroup: NOBODY },
  containers: [
    {
      name,
      image: images.localPath.provisioner,
      imagePullPolicy: "IfNotPresent",
      command: [
        "local-path-provisioner",
        "start",
        ...["--config", `${CONFIG}/config.json`],
        // Without this, the provisioner reads it from the ConfigMap through the API server.
        ...["--helper-pod-file", `${CONFIG}/helperPod.yaml`],
      ],
      env: [
        { name: "POD_NAMESPACE", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } },
        { name: "CONFIG_MOUNT_PATH", value: `${CONFIG}/` },
      ],
      securityContext: { ...confined, capabilities: { drop: ["ALL"] } },
      volumeMounts: [{ name: "config", mountPath: `${CONFIG}/` }],
    },
  ],
  volumes: [{ name: "config", configMap: { name: "local-path-config" } }],
};
