import * as pulumi from "@pulumi/pulumi";
import { ApiClient } from "./apiClient";
import { hostOf } from "./kubeconfig";

/** For an API server that is away, before the next one is asked. */
const PATIENCE_MS = 3000;

/**
 * The first of the API servers that says it is ready: any of several may be away. Where none does, the first of all, so
 * that whoever goes on with it says why. An only one isn't asked; nor is any after the one that is ready, so that in a preview
 * hosts that are yet to be made don't make the answer unknown.
 *
 * @param apiServers `host:port`, the preferred one first
 * @param name what their certificates are good for
 * @param ca whom their certificates must come from, in PEM
 */
export function readyApiServer(
  apiServers: readonly [pulumi.Output<string>, ...pulumi.Output<string>[]],
  name: string,
  ca: pulumi.Output<string>,
): pulumi.Output<string> {
  const firstReady = ([next, ...others]: readonly pulumi.Output<string>[]): pulumi.Output<string> =>
    next === undefined
      ? apiServers[0]
      : pulumi
          .all([next, ca])
          .apply(([apiServer, authority]) => isReady(apiServer, name, authority))
          .apply((ready) => (ready ? next : firstReady(others)));
  return apiServers.length > 1 ? firstReady(apiServers) : apiServers[0];
}

function isReady(apiServer: string, name: string, ca: string): Promise<boolean> {
  const port = apiServer.slice(apiServer.lastIndexOf(":") + 1);
  const access = { hostname: hostOf(apiServer), port, ca, servername: name, headers: { host: name } };
  return new ApiClient(() => ({ ...access, agent: false, timeout: PATIENCE_MS })).isReady();
}
