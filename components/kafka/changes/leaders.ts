import { Deadline } from "../../programs/inPod/waiting";
import type { Connection } from "../protocol/connection";
import { electPreferredLeaders, layoutOf, namesOf, NO_LEADER, type Partition } from "../protocol/partitions";
import { CatchingUp } from "./catchingUp";

const STANDSTILL_SECONDS = 180;

/**
 * Makes every partition's preferred leader its leader again: after a restart, the other brokers lead more than their
 * share. A preferred leader has to catch up first, and this waits as long as it does.
 *
 * @param brokers ids of the preferred leaders that are waited for @default all
 * @throws Error with the partitions that have no leader, and the remedy
 * @see KIP-460 (election of leaders)
 */
export async function preferLeaders(kafka: Connection, brokers?: readonly number[]): Promise<void> {
  const catchingUp = new CatchingUp(kafka);
  await new Deadline(STANDSTILL_SECONDS).waitWhileChanging("leaders as preferred", async () => {
    await electPreferredLeaders(kafka);
    const layout = await layoutOf(kafka);
    const ledByOthers = layout.partitions.filter(
      ({ leader, replicas: [preferred] }) => leader !== preferred && (!brokers || brokers.includes(preferred!)),
    );
    return ledByOthers.length > 0 ? [...leadersMissing(ledByOthers), ...(await catchingUp.describe(layout))] : [];
  });
}

function leadersMissing(ledByOthers: readonly Partition[]): string[] {
  const leaderless = ledByOthers.filter(({ leader }) => leader === NO_LEADER);
  if (leaderless.length === 0) return [`${ledByOthers.length} partitions are not led by their preferred leader`];
  return [
    `${leaderless.length} partitions have no leader, such as ${namesOf(leaderless)}, since no broker has all of their records. Bring back ` +
      "what had them; or, to go on with what is left, elect a leader of each: kafka-leader-election.sh --election-type unclean --topic " +
      "TOPIC --partition PARTITION [KK859]",
  ];
}
