import type { Connection } from "../../kafka/protocol/connection";
import { metadataVersionOf } from "../../kafka/protocol/features";
import { layoutOf, type Layout } from "../../kafka/protocol/partitions";
import { quorumOf } from "../../kafka/protocol/quorum";
import type { ClusterState } from "../report";

/** What the cluster tells of itself. */
export async function stateOf(kafka: Connection): Promise<ClusterState> {
  const quorum = await quorumOf(kafka);
  return {
    metadataVersion: await metadataVersionOf(kafka),
    activeController: quorum.leader,
    voters: Object.fromEntries(quorum.voters.map(({ id, logEnd }) => [id, { logEnd }])),
    brokers: brokersOf(await layoutOf(kafka)),
  };
}

export function brokersOf({ brokers, partitions }: Layout): ClusterState["brokers"] {
  return Object.fromEntries(
    brokers.map(({ id, rack }) => [
      id,
      {
        copies: partitions.filter(({ replicas }) => replicas.includes(id)).length,
        inSync: partitions.filter(({ inSync }) => inSync.includes(id)).length,
        leads: partitions.filter(({ leader }) => leader === id).length,
        ...(rack !== undefined && { rack }),
      },
    ]),
  );
}
