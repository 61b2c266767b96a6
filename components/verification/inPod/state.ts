import type { Connection } from "../../kafka/protocol/connection";
import { metadataVersionOf } from "../../kafka/protocol/features";
import { layoutOf, logDirectoriesOf, type Layout, type LogDirectory } from "../../kafka/protocol/partitions";
import { quorumOf } from "../../kafka/protocol/quorum";
import type { ClusterState } from "../report";

/** Values by the id of their node. */
type ById<T> = Readonly<Record<number, T>>;

/**
 * The cluster's current state.
 *
 * @param hosts known hosts of nodes
 */
export async function stateOf(kafka: Connection, hosts: ById<string>): Promise<ClusterState> {
  const quorum = await quorumOf(kafka);
  const layout = await layoutOf(kafka);
  const ids = layout.brokers.map(({ id }) => id);
  return {
    metadataVersion: await metadataVersionOf(kafka),
    activeController: quorum.leader,
    voters: Object.fromEntries(quorum.voters.map(({ id, logEnd }) => [id, { logEnd, ...hostOf(hosts, id) }])),
    brokers: brokersOf(layout, hosts, await disksOf(kafka, ids)),
  };
}

/** State of each broker, by its id. */
export function brokersOf(
  { brokers, partitions }: Layout,
  hosts: ById<string>,
  disks: ById<readonly LogDirectory[]>,
): ClusterState["brokers"] {
  return Object.fromEntries(
    brokers.map(({ id, rack }) => [
      id,
      {
        replicas: partitions.filter(({ replicas }) => replicas.includes(id)).length,
        inSync: partitions.filter(({ inSync }) => inSync.includes(id)).length,
        leads: partitions.filter(({ leader }) => leader === id).length,
        ...(rack !== undefined && { rack }),
        ...hostOf(hosts, id),
        disks: Object.fromEntries(
          (disks[id] ?? []).map(({ path, online, bytes }) => [path, online ? { ...bytes } : "offline"]),
        ),
      },
    ]),
  );
}

/** The log directories of brokers. */
async function disksOf(kafka: Connection, brokers: readonly number[]): Promise<ById<readonly LogDirectory[]>> {
  const answers = brokers.map(async (id) => [id, await logDirectoriesOf(kafka, id)] as const);
  return Object.fromEntries(await Promise.all(answers));
}

function hostOf(hosts: ById<string>, id: number): { host?: string } {
  const host = hosts[id];
  return host === undefined ? {} : { host };
}
