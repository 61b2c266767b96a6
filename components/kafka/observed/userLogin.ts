import * as pulumi from "@pulumi/pulumi";
import { AdminApiClient } from "../../cluster/adminApiClient";
import { isMistake } from "../../failures";
import { decoded } from "../changes/userSecret";
import { whyUnreached } from "./healthReport";
import { unreachedApiServer } from "./liveKafka";
import type { KafkaPlan } from "../plan/kafkaPlan";

/** A Secret with a login to read. */
export interface LoginToRead {
  readonly plan: KafkaPlan;
  /** Name of the Secret. */
  readonly secret: string;
  /** The administrator's kubeconfig. */
  readonly kubeconfig: pulumi.Output<string>;
  /** Known once the Secret has the login. */
  readonly after: pulumi.Output<string>;
}

/**
 * The files of a Secret with a user's login, as a secret output. Those that can't be read are unknown in a preview; an `up` warns, and
 * gives out none.
 */
export function loginFiles({
  plan: { namespace },
  secret,
  kubeconfig,
  after,
}: LoginToRead): pulumi.Output<Readonly<Record<string, string>>> {
  const files = pulumi.all([kubeconfig, after]).apply(async ([text]): Promise<Record<string, string>> => {
    try {
      const path = `/api/v1/namespaces/${namespace}/secrets/${secret}`;
      const { data } = await new AdminApiClient(text).get<{ data?: Record<string, string> }>(path);
      return decoded(data);
    } catch (error) {
      if (isMistake(error)) throw error;
      if (pulumi.runtime.isDryRun()) return pulumi.unknown as unknown as Record<string, string>;
      const why = whyUnreached(unreachedApiServer(error));
      void pulumi.log.warn(`The output users lacks the login in the Secret ${namespace}/${secret}: ${why}`);
      return {};
    }
  });
  return pulumi.secret(files);
}
