import * as pulumi from "@pulumi/pulumi";
import { AdminApiClient } from "../../cluster/adminApiClient";
import { isMistake } from "../../failures";
import { decoded } from "../changes/userSecret";
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
 * The files of a Secret with a user's login, as a secret output. Unknown in a preview that can't read them; an `up` fails then, since
 * it would give out something else than the login.
 */
export function loginFiles({
  plan,
  secret,
  kubeconfig,
  after,
}: LoginToRead): pulumi.Output<Readonly<Record<string, string>>> {
  const files = pulumi.all([kubeconfig, after]).apply(async ([text]) => {
    try {
      const path = `/api/v1/namespaces/${plan.namespace}/secrets/${secret}`;
      return decoded((await new AdminApiClient(text).get<{ data?: Record<string, string> }>(path)).data);
    } catch (error) {
      if (isMistake(error) || !pulumi.runtime.isDryRun()) throw error;
      return pulumi.unknown as unknown as Record<string, string>;
    }
  });
  return pulumi.secret(files);
}
