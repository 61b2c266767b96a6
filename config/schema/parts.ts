import { z } from "zod";

import { isIpv4, isIpv4Range } from "../../components/addresses/ipv4";
import { isPlace } from "../../components/hosts/place";

/**
 * Text with a form.
 *
 * @param form completes "must be …" in messages and in docs/config.md
 */
export const text = (form: string, pattern: RegExp) => z.string().regex(pattern).meta({ form });

/** Like `text`, but accepts a number as well, since `pulumi config set --path` writes such text without quotes. */
export const textOrNumber = (form: string, pattern: RegExp) =>
  z.preprocess((value) => (typeof value === "number" ? String(value) : value), text(form, pattern));

export const hostName = text(
  "a DNS label: a-z, 0-9 and -, at most 63 characters",
  /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
).describe("Hostname and node name.");

/** A name that kubeadm accepts for the control plane. The last label is no number, since the name would look like an address. */
export const dnsName = text(
  "a DNS name: labels of a-z, 0-9 and -, with dots between them, at most 253 characters and no IP address",
  /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*(?![0-9]+$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
);

/** A POSIX name, optionally followed by the domain that some directories append. */
export const userName = text(
  "a user's name: letters, digits, ., _, - and @, no - in front",
  /^[A-Za-z0-9._][A-Za-z0-9._@-]{0,254}$/,
).meta({ mayBeSecret: true });

export const sshHost = z
  .string()
  .refine(isPlace)
  .meta({ form: "a host's name or address, without user and port", mayBeSecret: true });

/**
 * Whether a text is the base URL of a mirror. Paths are appended to it, so it may have no query. Logs show it, so it may have no
 * password. Quotes and similar characters would end the strings in the hosts' files that contain it.
 */
export function isMirror(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain = /^https?:\/\/[\w.~:[\]][\w.~:[\]/@%+,=-]*$/i.test(text);
  return url !== undefined && plain && url.username + url.password === "" && url.port !== "0";
}

export const role = z
  .enum(["control-plane", "worker"])
  .default("worker")
  .describe("A `control-plane` runs the API server and etcd, a `worker` runs pods.");

const labelValue = text(
  "a label's value: letters, digits, -, _ and ., at most 63 characters, in quotes where it is a number",
  /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/,
);

const taint = text(
  "a taint, such as dedicated=kafka:NoSchedule",
  /^[^=:\s]+(=([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?)?:(NoSchedule|PreferNoSchedule|NoExecute)$/,
);

export const quantity = text("a size with a binary unit, such as 10Gi", /^[1-9][0-9]*(Ki|Mi|Gi|Ti)$/);

export const duration = text("a time in minutes, hours or days, such as 90d", /^[1-9][0-9]{0,5}[mhd]$/);

const cpuQuantity = textOrNumber("CPUs, such as 500m or 2", /^([1-9][0-9]*m|[0-9]+(\.[0-9]+)?)$/);

export const resourceList = z.strictObject({
  cpu: cpuQuantity.optional().describe("CPU time."),
  memory: quantity.optional().describe("Memory."),
});

const percent = z.int().min(0).max(100);

const evictionLimit = textOrNumber(
  "an amount or a share of at most 100%, such as 200Mi, 1000 or 10%",
  /^([1-9][0-9]*(Ki|Mi|Gi|Ti)?|([0-9]{1,2}(\.[0-9]+)?|100)%)$/,
);

/** The signals that a kubelet accepts; it exits with an error for any other. */
const evictionSignal = z.enum([
  "memory.available",
  "nodefs.available",
  "nodefs.inodesFree",
  "imagefs.available",
  "imagefs.inodesFree",
  "containerfs.available",
  "containerfs.inodesFree",
  "allocatableMemory.available",
  "pid.available",
]);

/**
 * Settings by their names in KubeletConfiguration. The kubelet refuses unknown or contradicting ones.
 *
 * @see https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/
 */
const kubelet = z.strictObject({
  maxPods: z.int().min(1).max(1000).optional().describe("Number of pods that the node runs at most. Default: 110."),
  podPidsLimit: z
    .int()
    .min(1)
    .max(4_194_304)
    .optional()
    .describe("Number of processes that each pod may have. Default: no limit."),
  systemReserved: resourceList.optional().describe("CPU and memory reserved for the system. Default: nothing."),
  kubeReserved: resourceList.optional().describe("CPU and memory reserved for Kubernetes. Default: nothing."),
  evictionHard: z
    .partialRecord(
      evictionSignal,
      evictionLimit.describe("Limit of one signal: pods are evicted when less than this is available."),
    )
    .optional()
    .describe(
      "Eviction limits by signal, such as `nodefs.available: 2Gi`. They replace all default limits. Default: Kubernetes' own; lower ones in containers.",
    ),
  imageGCHighThresholdPercent: percent
    .optional()
    .describe("Disk usage, in percent, from which unused images are removed. Default: 85; in containers 100."),
  imageGCLowThresholdPercent: percent
    .optional()
    .describe("Disk usage, in percent, down to which unused images are removed. Default: 80."),
  containerLogMaxSize: quantity.optional().describe("Size at which a container's log is rotated. Default: 10Mi."),
  containerLogMaxFiles: z
    .int()
    .min(2)
    .max(1000)
    .optional()
    .describe("Number of files that a container's log may have. Default: 5."),
});

/** Settings that every host may have, whatever its backend. */
export const nodeSettings = {
  labels: z
    .record(
      z.string(),
      labelValue.describe("One label, by its key. A label that is removed here is removed from the node."),
    )
    .optional()
    .describe("The node's labels, beside Kubernetes' own. They change in place. Default: none."),
  taints: z
    .array(taint.describe("A taint, which keeps pods off the node. Taints change in place. Default: none."))
    .optional(),
  kubelet: kubelet
    .optional()
    .describe(
      "Settings of the node's kubelet. A change restarts the kubelet; pods keep running. Default: the cluster's.",
    ),
};

export const ipv4 = z.string().refine(isIpv4).meta({ form: "an IPv4 address, such as 10.0.0.4" });

export const range = z.string().refine(isIpv4Range).meta({ form: "an IPv4 range, such as 10.244.0.0/16" });
