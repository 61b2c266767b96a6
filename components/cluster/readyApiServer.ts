import * as pulumi from "@pulumi/pulumi";
import { ApiClient } from "./apiClient";
import { hostOf } from "./kubeconfig";

/** How long an API server may take to answer before the next one is asked. */
const PATIENCE_MS = 3000;

/**
 * The first API server that answers that it is ready. If none does, the first of the list, whose error the next request shows. A
 * single API server isn't asked. Servers behind the ready one aren't asked either: in a preview, the address of a host that doesn't
 * exist yet would make the result unknown.
 *
 * @param apiServers `host:port` of each, the preferred one first
 * @param name DNS name that their certificates are valid for
 * @param ca authority of their certificates, in PEM
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
