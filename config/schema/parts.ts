import { z } from "zod";

import { isIpv4, isIpv4Range } from "../../components/addresses/ipv4";
import { isPlace } from "../../components/hosts/place";

/** Text of a form, in words that go on from "must be". */
export const text = (form: string, pattern: RegExp) => z.string().regex(pattern).meta({ form });

/** As `text`, and a number for the same without quotes, as which `pulumi config set --path` writes it. */
export const textOrNumber = (form: string, pattern: RegExp) =>
  z.preprocess((value) => (typeof value === "number" ? String(value) : value), text(form, pattern));

export const hostName = text(
  "a DNS label: a-z, 0-9 and -, at most 63 characters",
  /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
).describe("Hostname and node name.");

/** As kubeadm takes the control plane's name; the last label isn't a number, or the name could be an address. */
export const dnsName = text(
  "a DNS name: labels of a-z, 0-9 and -, with dots between them, at most 253 characters and no IP address",
  /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*(?![0-9]+$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
);

/** As POSIX has it, and with the domain that some directories put behind. */
export const userName = text(
  "a user's name: letters, digits, ., _, - and @, no - in front",
  /^[A-Za-z0-9._][A-Za-z0-9._@-]{0,254}$/,
).meta({ mayBeSecret: true });

export const sshHost = z
  .string()
  .refine(isPlace)
  .meta({ form: "a host's name or address, without user and port", mayBeSecret: true });

/**
 * Packages and images are below it by paths, so it can have no query; what is in it is seen in logs, so it has no password.
 * Quotes and the like would end the text that it is part of in the hosts' files.
 */
export function isMirror(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain = /^https?:\/\/[\w.~:[\]][\w.~:[\]/@%+,=-]*$/i.test(text);
  return url !== undefined && plain && url.username + url.password === "" && url.port !== "0";
}

export const role = z
  .enum(["control-plane", "worker"])
  .default("worker")
  .describe("`control-plane` runs the API server and etcd, `worker` runs pods.");

const labelValue = text(
  "a label's value: letters, digits, -, _ and ., at most 63 characters, in quotes where it is a number",
  /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/,
);

const taint = text(
  "a taint, such as dedicated=kafka:NoSchedule",
  /^[^=:\s]+(=([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?)?:(NoSchedule|PreferNoSchedule|NoExecute)$/,
);

export const quantity = text("a size with a binary unit, such as 10Gi", /^[1-9][0-9]*(Ki|Mi|Gi|Ti)$/);

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

/** Those that a kubelet takes; it ends with an error at any other. */
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

/** By the names that KubeletConfiguration has for them. What isn't known or doesn't go together the kubelet refuses. */
const kubelet = z.strictObject({
  maxPods: z.int().min(1).max(1000).optional().describe("Pods that it takes. Default: 110."),
  podPidsLimit: z
    .int()
    .min(1)
    .max(4_194_304)
    .optional()
    .describe("Processes that each of its pods may have. Default: no limit."),
  systemReserved: resourceList.optional().describe("What is kept from pods for the system. Default: nothing."),
  kubeReserved: resourceList.optional().describe("What is kept from pods for Kubernetes. Default: nothing."),
  evictionHard: z
    .partialRecord(
      evictionSignal,
      evictionLimit.describe("What has to be left, or pods are evicted: one signal's limit, by its name."),
    )
    .optional()
    .describe(
      "Limits by the kubelet's signals, such as memory.available. Default: Kubernetes' own; in containers less.",
    ),
  imageGCHighThresholdPercent: percent
    .optional()
    .describe("Use of the disk at which images nobody uses are removed. Default: 85; in containers 100."),
  imageGCLowThresholdPercent: percent
    .optional()
    .describe("Use of the disk that they are removed down to. Default: 80."),
  containerLogMaxSize: quantity.optional().describe("Size at which a container's log is rotated. Default: 10Mi."),
  containerLogMaxFiles: z
    .int()
    .min(2)
    .max(1000)
    .optional()
    .describe("Files that a container's log may have. Default: 5."),
});

/** Every host's, whatever its backend. */
export const nodeSettings = {
  labels: z
    .record(z.string(), labelValue.describe("One label, by its key. One that is taken off the list goes."))
    .optional()
    .describe("The node's labels, beside Kubernetes' own. Changed in place. Default: none."),
  taints: z.array(taint.describe("What keeps pods off the node, changed in place. Default: none.")).optional(),
  kubelet: kubelet
    .optional()
    .describe("Settings of the node's kubelet, changed in place: it starts anew, pods go on. Default: the cluster's."),
};

export const ipv4 = z.string().refine(isIpv4).meta({ form: "an IPv4 address, such as 10.0.0.4" });

export const range = z.string().refine(isIpv4Range).meta({ form: "an IPv4 range, such as 10.244.0.0/16" });
