import { readFileSync } from "node:fs";
import { join } from "node:path";

import { load } from "js-yaml";

import type { GcpHostsArgs } from "../../../components/hosts/gcp/gcpHosts";
import { podNetwork } from "../../../config/podNetwork";
import { schema } from "../../../config/schema/schema";

/** The example stack's config, with changes to `hosts.gcp`. */
export function exampleOnGcp(changes: object = {}): GcpHostsArgs {
  const { config } = load(readFileSync(join(__dirname, "../../../Pulumi.gcp.yaml"), "utf8")) as {
    config: Record<string, { gcp: object }>;
  };
  const sections = Object.entries(config).map(([key, value]) => [key.replace("kubeadm-kafka:", ""), value]);
  const values = Object.fromEntries(sections) as { hosts: { gcp: object } };
  const parsed = schema.parse({ ...values, hosts: { gcp: { ...values.hosts.gcp, ...changes } } });
  return { ...parsed.hosts.gcp!, pods: podNetwork(parsed) };
}
