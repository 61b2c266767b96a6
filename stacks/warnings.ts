import { posix } from "node:path";

import type { NodeMarks } from "../components/hosts/nodeMarks";
import { unlimitedRetention } from "../components/kafka/settings/retention";
import { keyOf } from "../config/mistakes";
import { podHosts } from "../config/scheduling";
import type { StackConfig } from "../config/schema/schema";

/** etcd's folder, and the one that often is a file system together with all that is in it. */
const ETCD = "/var/lib/etcd";
const ETCD_PARENT = "/var/lib";

interface RoleOfHost {
  readonly name: string;
  readonly role: "control-plane" | "worker";
  readonly lost?: boolean | undefined;
}

/** Warnings about settings that work but are risky, each with the remedy. */
export function configWarnings(
  { kubernetes, kafka, storage }: Pick<StackConfig, "kubernetes" | "kafka" | "storage">,
  hosts: readonly (RoleOfHost & NodeMarks)[],
): string[] {
  const shared = podHosts(kubernetes, hosts).filter(({ role }) => role === "control-plane");
  if (shared.length === 0 || !mayBeOnEtcdsDisk(storage.path)) return [];
  return unlimitedRetention(kafka.properties, kafka.topics).map(
    ({ path, limit }) =>
      `${keyOf(["kafka", ...path])}: Kafka never deletes these records, and on ${shared.map(({ name }) => name).join(", ")} ` +
      `brokers' volumes may be on the disk that etcd writes to. When it is full, the API server fails as well. ` +
      `${remedy(limit)}, keep brokers off control planes ` +
      `(kubernetes.scheduleOnControlPlane: false), or set storage.path to a folder outside ${ETCD_PARENT}, on a disk of its own.`,
  );
}

/** Whether the path has etcd's folder in it, or is beside that. A folder elsewhere counts as a disk of its own. */
function mayBeOnEtcdsDisk(path: string): boolean {
  return isIn(path, ETCD) || isIn(ETCD_PARENT, path);
}

function isIn(folder: string, path: string): boolean {
  const relative = posix.relative(folder, path);
  return relative !== ".." && !relative.startsWith("../");
}

function remedy(limit: string): string {
  return limit.endsWith("bytes") ? `Limit the bytes (${limit})` : `Let Kafka delete them (${limit}: delete)`;
}
