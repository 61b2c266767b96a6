import { Deadline } from "../../programs/inPod/waiting";
import type { Connection } from "../protocol/connection";
import { electPreferredLeaders, layoutOf, namesOf, type Partition } from "../protocol/partitions";
import { CatchingUp } from "./catchingUp";

const STANDSTILL_SECONDS = 180;

/**
 * Gives every partition back to the broker that it prefers to be led by: after a restart others do more than their share. A
 * broker that has to catch up first is waited for as long as it does.
 *
 * @throws Error with the partitions that stay without a leader, and what can be done
 */
export async function preferLeaders(kafka: Connection): Promise<void> {
  const catchingUp = new CatchingUp(kafka);
  await new Deadline(STANDSTILL_SECONDS).waitWhileChanging("leaders as preferred", async () => {
    await electPreferredLeaders(kafka);
    const layout = await layoutOf(kafka);
    const led = layout.partitions.filter(({ leader, replicas }) => leader !== replicas[0]);
    return led.length > 0 ? [...leadersMissing(led), ...(await catchingUp.words(layout))] : [];
  });
}

const NO_LEADER = -1;

function leadersMissing(led: readonly Partition[]): string[] {
  const leaderless = led.filter(({ leader }) => leader === NO_LEADER);
  if (leaderless.length === 0) return [`${led.length} partitions are led by another broker than they prefer`];
  return [
    `${leaderless.length} partitions have no leader, such as ${namesOf(leaderless)}, since no broker has all of their records. Bring back ` +
      "what had them; or, to go on with what is left, elect a leader of each: kafka-leader-election.sh --election-type unclean --topic " +
      "TOPIC --partition PARTITION [KK859]",
  ];
}
