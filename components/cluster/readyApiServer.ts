import { get } from "node:https";

/**
 * The first of the API servers that says it is ready: any of several may be away. Where none does, the first of all, so
 * that whoever goes on with it says why. An only one isn't asked.
 *
 * @param apiServers `host:port`, the preferred one first
 * @param name what their certificates are good for
 * @param ca whom their certificates must come from, in PEM
 */
export async function readyApiServer(apiServers: readonly string[], name: string, ca: string): Promise<string> {
  const [first = "", ...others] = apiServers;
  if (!others.length || (await isReady(first, name, ca))) return first;
  for (const other of others) if (await isReady(other, name, ca)) return other;
  return first;
}

function isReady(apiServer: string, name: string, ca: string): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { ca, servername: name, headers: { host: name }, agent: false, timeout: 3000 };
    const request = get(`https://${apiServer}/readyz`, options, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(false));
    request.on("close", () => resolve(false));
  });
}
