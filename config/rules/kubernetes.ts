import { kubernetesVersions } from "../../components/artifacts/kubernetesReleases";
import { codes, mistake, type Mistakes } from "../mistakes";
import type { StackConfig } from "../schema/schema";

/** A Kubernetes version that isn't supported: each one comes with versions of etcd, CoreDNS and others, which a table has. */
export function* kubernetesMistakes({ kubernetes: { version } }: StackConfig): Mistakes {
  if (kubernetesVersions.includes(version)) return;
  const message = `${version} isn't supported; set one of ${kubernetesVersions.join(", ")}`;
  yield mistake(codes.unsupportedVersion, "kubernetes.version", message);
}
