import { images } from "../artifacts/images";
import type { KubernetesObject } from "../manifest";

export interface LocalPathSettings {
  /** Folder on each host in which volumes lie, and nothing else. Root alone may enter it: prepare.sh makes it so. */
  volumesPath: string;
}

/** The folder for volumes, below one that may hold other things as well. */
export function volumesFolder(parent: string): string {
  return `${parent.replace(/\/+$/, "")}/kubeadm-kafka-volumes`;
}

export const localPathClass = "local-path";

/**
 * File in each volume, made with it. A volume without it is none: where a host was replaced under its name, the kubelet makes an
 * empty folder in place of the one that went with the old machine.
 */
export const volumeMark = ".kubeadm-kafka-volume";

const namespace = "local-path-storage";
const name = "local-path-provisioner";
/** The name that the provisioner gives to its helper pods, too, where it isn't told another. */
const account = `${name}-service-account`;
const labels = { app: "local-path-provisioner" };

/**
 * Rancher's local-path-provisioner: a volume is a folder on the host whose pod asks for it first, and stays there.
 * What it may do follows upstream's deploy/local-path-storage.yaml.
 */
export function localPathManifest({ volumesPath }: LocalPathSettings): KubernetesObject[] {
  const subjects = [{ kind: "ServiceAccount", name: account, namespace }];
  const rbac = "rbac.authorization.k8s.io";
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: account, namespace } },
    {
      apiVersion: `${rbac}/v1`,
      kind: "Role",
      metadata: { name, namespace },
      // The pods that make and remove a volume's folder on its host.
      rules: [{ apiGroups: [""], resources: ["pods"], verbs: all }],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRole",
      metadata: { name },
      rules: [
        {
          apiGroups: [""],
          resources: ["nodes", "persistentvolumeclaims", "configmaps", "pods", "pods/log"],
          verbs: read,
        },
        { apiGroups: [""], resources: ["persistentvolumes"], verbs: all },
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
  ];
}

const read = ["get", "list", "watch"];
const all = [...read, "create", "patch", "update", "delete"];

const helperPod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "helper-pod" },
  spec: {
    priorityClassName: "system-node-critical",
    // A volume must be removable on a host that is short of disk: removing it is the cure.
    tolerations: [{ key: "node.kubernetes.io/disk-pressure", operator: "Exists", effect: "NoSchedule" }],
    containers: [{ name: "helper-pod", image: images.localPath.helper, imagePullPolicy: "IfNotPresent" }],
  },
};

const provisionerPod = {
  serviceAccountName: account,
  containers: [
    {
      name,
      image: images.localPath.provisioner,
      imagePullPolicy: "IfNotPresent",
      command: ["local-path-provisioner", "start", "--config", "/etc/config/config.json"],
      env: [
        { name: "POD_NAMESPACE", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } },
        { name: "CONFIG_MOUNT_PATH", value: "/etc/config/" },
      ],
      volumeMounts: [{ name: "config", mountPath: "/etc/config/" }],
    },
  ],
  volumes: [{ name: "config", configMap: { name: "local-path-config" } }],
};
