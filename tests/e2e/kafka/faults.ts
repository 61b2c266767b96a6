import { inContainer } from "../../support/hostContainers";
import { output } from "../../support/shell";

/** Kills a pod's broker as the kernel would: SIGKILL to the JVM, which can't flush anything. */
export async function killBroker(host: string, pod: string): Promise<void> {
  await inContainer(
    host,
    `set -euo pipefail
    container=$(crictl ps --quiet --name '^kafka$' --label io.kubernetes.pod.name=${pod})
    launcher=$(crictl inspect --output go-template --template '{{.info.pid}}' "$container")
    kill -KILL "$(pgrep --parent "$launcher")"`,
  );
}

/** Shuts a host down, as by its power button. */
export async function stopHost(host: string): Promise<void> {
  await output("docker", ["stop", host]);
}

export async function startHost(host: string): Promise<void> {
  await output("docker", ["start", host]);
}
