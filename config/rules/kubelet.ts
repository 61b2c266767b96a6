import type { ListedHost } from "../listedHosts";
import { codes, mistake, type Mistakes } from "../mistakes";
import type { StackConfig } from "../schema/schema";

/** The kubelet's defaults, in percent of the disk. In containers the cluster's apply, see cluster/scripts/lib/kubelet.sh. */
const HIGH_THRESHOLD = 85;
const HIGH_THRESHOLD_IN_CONTAINERS = 100;
const LOW_THRESHOLD = 80;

/**
 * Settings with which a kubelet would exit at once, after its host has been changed.
 *
 * @param listed the hosts that are not lost
 * @see ValidateKubeletConfiguration in Kubernetes' pkg/kubelet/apis/config/validation
 */
export function* kubeletMistakes({ hosts }: StackConfig, listed: readonly ListedHost[]): Mistakes {
  // An existing machine may be a container as well, which only the machine itself knows.
  const highest = hosts.gcp ? HIGH_THRESHOLD : HIGH_THRESHOLD_IN_CONTAINERS;
  for (const host of listed) yield* checkImageThresholds(host, highest);
}

function* checkImageThresholds({ key, kubelet = {} }: ListedHost, highest: number): Mistakes {
  const [high, low] = ["imageGCHighThresholdPercent", "imageGCLowThresholdPercent"] as const;
  const { [high]: from = highest, [low]: downTo = LOW_THRESHOLD } = kubelet as Partial<Record<string, number>>;
  if (downTo < from) return;
  const pathOf = (name: string): string => `${key}.kubelet.${name}`;
  if (high in kubelet) {
    const lowest = low in kubelet ? `${downTo}` : `${downTo} by default`;
    yield mistake(codes.imageThresholds, pathOf(high), `${from} must be more than ${pathOf(low)}, ${lowest}; set both`);
  } else {
    const message = `${downTo} must be less than ${pathOf(high)}, ${from} by default; set both`;
    yield mistake(codes.imageThresholds, pathOf(low), message);
  }
}
