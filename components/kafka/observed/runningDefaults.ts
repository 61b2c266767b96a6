import * as pulumi from "@pulumi/pulumi";
import { ApiServer } from "../../cluster/apiServer";
import { isMistake } from "../../failures";
import { Refusal } from "../../refusal";
import {
  allowedDeletion,
  askForDeletions,
  defaultsOf,
  type DefaultsDeletion,
  unseenDeletion,
  whyDefaultsStay,
} from "../changes/brokerDefaults";
import type { StatefulSet } from "../changes/workloads";
import type { Settings } from "../settings/recordDeletion";
import { connectionThrough } from "./liveKafka";
import type { KafkaPlan } from "../plan/kafkaPlan";

export interface DefaultsToJudge {
  readonly plan: KafkaPlan;
  /** What the brokers are to keep of topics without settings of their own. */
  readonly defaults: Readonly<Record<string, string>>;
  /** Whether records may go. */
  readonly allowRecordDeletion: boolean;
  readonly kubeconfig: pulumi.Output<string>;
}

/**
 * Refuses in a preview that the brokers get defaults by which Kafka would delete records; where the config allows it, a warning
 * shows them. What can't be seen is a warning, too: the drain's Job asks once more, before any broker is touched.
 *
 * @returns when it is known that nothing is refused; in an update at once
 */
export function judgeDefaults(args: DefaultsToJudge): pulumi.Output<void> {
  if (!pulumi.runtime.isDryRun()) return pulumi.output(undefined);
  const judged = args.kubeconfig.apply(async (text) => {
    const warning = await warningOf(args, () => new ApiServer(text));
    if (warning !== undefined) await pulumi.log.warn(warning);
  });
  return pulumi.unsecret(judged);
}

/**
 * @param reach finds the API server
 * @param kafkaThrough how Kafka is asked by way of it
 * @throws Refusal where records would be deleted, and the config doesn't allow it
 */
export async function warningOf(
  { plan, defaults, allowRecordDeletion }: Omit<DefaultsToJudge, "kubeconfig">,
  reach: () => ApiServer,
  kafkaThrough: typeof connectionThrough = connectionThrough,
): Promise<string | undefined> {
  let before: Settings | undefined;
  let found: DefaultsDeletion;
  try {
    const apiServer = reach();
    const [set] = await apiServer.list<StatefulSet>(
      `/apis/apps/v1/namespaces/${plan.namespace}/statefulsets?fieldSelector=metadata.name=${plan.name}`,
    );
    if (!set) return undefined;
    before = defaultsOf(set);
    found = await askForDeletions(kafkaThrough(apiServer, plan), before, defaults);
  } catch (error) {
    if (isMistake(error)) throw error;
    return unseenDeletion(before, defaults, (error as Error).message);
  }
  const refusal = whyDefaultsStay(found);
  if (refusal === undefined) return undefined;
  if (!allowRecordDeletion) throw new Refusal(refusal);
  return allowedDeletion(found);
}
