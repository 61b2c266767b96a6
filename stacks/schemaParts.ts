import { isIPv4 } from "node:net";

import { z } from "zod";

import { parseRange } from "./ipRanges";

/** Text of a form, in words that go on from "must be". */
export const text = (form: string, pattern: RegExp) => z.string().regex(pattern).meta({ form });

export const hostName = text(
  "a DNS label: a-z, 0-9 and -, at most 63 characters",
  /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
).describe("Hostname and node name.");

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

/** Every host's, whatever its backend. */
export const nodeMarks = {
  labels: z
    .record(z.string(), labelValue.describe("One label, by its key. One that is taken off the list goes."))
    .optional()
    .describe("The node's labels, beside Kubernetes' own. Changed in place. Default: none."),
  taints: z
    .array(taint.describe("What keeps pods off the node, changed in place. Default: none."))
    .nonempty()
    .optional(),
};

export const ipv4 = z.string().refine(isIPv4).meta({ form: "an IPv4 address, such as 10.0.0.4" });

export const range = z
  .string()
  .refine((cidr) => parseRange(cidr) !== undefined)
  .meta({ form: "an IPv4 range, such as 10.244.0.0/16" });
