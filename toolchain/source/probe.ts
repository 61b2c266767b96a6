import { versions } from "../../components/artifacts/versions";

/** Something that must answer for a source to count as reachable. */
export interface Endpoint {
  /** Shown to the user. */
  name: string;
  url: string;
  /** HTTP statuses that the real thing answers with; a portal or a proxy's refusal answers with others. */
  expected: number[];
}

/** Upstream has a repository for each minor version. @example "1.34" */
const minor = versions.kubernetes.replace(/\.\d+$/, "");

/** What hosts need from upstream: Kubernetes' packages, and the registries of all images. */
export const artifactEndpoints: Endpoint[] = [
  { name: "pkgs.k8s.io", url: `https://pkgs.k8s.io/core:/stable:/v${minor}/deb/Release`, expected: [200] },
  { name: "registry.k8s.io", url: "https://registry.k8s.io/v2/", expected: [200] },
  { name: "quay.io", url: "https://quay.io/v2/", expected: [200, 401] },
  { name: "docker.io", url: "https://registry-1.docker.io/v2/", expected: [200, 401] },
];

/** Downloads of Pulumi's CLI and plugins. */
export const pulumiEndpoint: Endpoint = {
  name: "get.pulumi.com",
  url: "https://get.pulumi.com/latest-version",
  expected: [200],
};

/** Whether the endpoint answers as expected in time. */
export async function reachable({ url, expected }: Endpoint, milliseconds = 3000): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(milliseconds) });
    await response.body?.cancel();
    return expected.includes(response.status);
  } catch {
    return false;
  }
}

/** Names of those that don't answer; asks all at once. */
export async function unreachable(endpoints: Endpoint[], milliseconds?: number): Promise<string[]> {
  const answers = await Promise.all(endpoints.map((endpoint) => reachable(endpoint, milliseconds)));
  return endpoints.filter((_, index) => !answers[index]).map(({ name }) => name);
}
