import * as pulumi from "@pulumi/pulumi";
import { AdminApiClient } from "../../cluster/adminApiClient";
import { isMistake, reasonOf } from "../../failures";
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

/** Defaults that the brokers are to get. */
export interface DefaultsToJudge {
  readonly plan: KafkaPlan;
  /** Brokers' defaults that decide which records are deleted, from `plannedDefaults`. */
  readonly defaults: Readonly<Record<string, string>>;
  /** Whether these defaults may let Kafka delete records that it keeps now. */
  readonly allowRecordDeletion: boolean;
  readonly kubeconfig: pulumi.Output<string>;
}

/**
 * Refuses, in a preview, defaults of the brokers that would let Kafka delete records. If the config allows that, or
 * Kafka can't be asked, it only warns: the drain's Job asks again before any broker is touched.
 *
 * @returns resolves once nothing is refused; in an update at once
 */
export function judgeDefaults(args: DefaultsToJudge): pulumi.Output<void> {
  if (!pulumi.runtime.isDryRun()) return pulumi.output(undefined);
  const judged = args.kubeconfig.apply(async (text) => {
    const warning = await defaultsWarning(args, () => new AdminApiClient(text));
    if (warning !== undefined) void pulumi.log.warn(warning);
  });
  return pulumi.unsecret(judged);
}

/**
 * The warning of a preview; undefined if there is none.
 *
 * @param reach makes the client of the API server
 * @param kafkaThrough makes the connection to Kafka through the API server
 * @throws Refusal if records would be deleted and the config doesn't allow it
 */
export async function defaultsWarning(
  { plan, defaults, allowRecordDeletion }: Omit<DefaultsToJudge, "kubeconfig">,
  reach: () => AdminApiClient,
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
    return unseenDeletion(before, defaults, reasonOf(error));
  }
  const refusal = whyDefaultsStay(found);
  if (refusal === undefined) return undefined;
  if (!allowRecordDeletion) throw new Refusal(refusal);
  return allowedDeletion(found);
}
