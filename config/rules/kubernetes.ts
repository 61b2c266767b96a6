import { kubernetesVersions } from "../../components/artifacts/kubernetesReleases";
import { certificateTimes, LONGEST_VALIDITY, secondsOf } from "../../components/cluster/certificates/timesPlan";
import { codes, mistake, type Mistakes } from "../mistakes";
import type { StackConfig } from "../schema/schema";

/** A Kubernetes version that isn't supported: each one comes with versions of etcd, CoreDNS and others, which a table has. */
export function* kubernetesMistakes({ kubernetes: { version } }: StackConfig): Mistakes {
  if (kubernetesVersions.includes(version)) return;
  const message = `${version} isn't supported; set one of ${kubernetesVersions.join(", ")}`;
  yield mistake(codes.unsupportedVersion, "kubernetes.version", message);
}

/** The shortest validity, in seconds: its third has to be a minute at least. */
const SHORTEST_VALIDITY = secondsOf("3m");

/** Certificates' times that don't go together. A certificate that is renewed as soon as it is made would restart static pods forever. */
export function* certificateMistakes({ kubernetes: { certificates } }: StackConfig): Mistakes {
  const { validity, renewBefore } = certificateTimes(certificates);
  const key = "kubernetes.certificates";
  if (validity < SHORTEST_VALIDITY || validity > LONGEST_VALIDITY) {
    const message = `${certificates.validity} must be 3m to 365d, which is the most that kubeadm recommends`;
    yield mistake(codes.certificateTimes, `${key}.validity`, message);
  } else if (renewBefore > validity / 2) {
    const message = `${certificates.renewBefore} is more than half of ${key}.validity, ${certificates.validity}; set at most half of it`;
    yield mistake(codes.certificateTimes, `${key}.renewBefore`, message);
  }
}
