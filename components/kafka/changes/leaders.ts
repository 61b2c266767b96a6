import { Deadline } from "../../programs/program/waiting";
import type { Connection } from "../protocol/connection";
import { electPreferredLeaders, layoutOf } from "../protocol/partitions";

const DEADLINE_SECONDS = 180;

/** Gives every partition back to the broker that it prefers to be led by: after a restart others do more than their share. */
export async function preferLeaders(kafka: Connection): Promise<void> {
  await new Deadline(DEADLINE_SECONDS).waitUntil("leaders as preferred", async () => {
    await electPreferredLeaders(kafka);
    const { partitions } = await layoutOf(kafka);
    const led = partitions.filter(({ leader, replicas }) => leader !== replicas[0]);
    return led.length > 0 ? [`${led.length} partitions are led by another broker than they prefer`] : [];
  });
}
