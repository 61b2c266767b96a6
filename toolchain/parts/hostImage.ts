import { execFileSync } from "node:child_process";
import * as path from "node:path";
import { resolveAll } from "../engine/ingredients";
import { hostRootfs } from "../recipes/host";
import type { Part } from "./part";

/**
 * The Docker image of the hosts in containers. Where a public base image can be pulled, the stack itself builds it from
 * the Dockerfile when it is first needed; its name changes with its content.
 */
export const hostImage: Part = {
  name: "host-image",

  recipes: ({ source }) => (source === "mirror" ? [hostRootfs] : []),

  tools: () => ({}),

  async ready({ decision, root, built }) {
    const image = resolveAll([hostRootfs], root).map(({ id }) => id.replace("host-rootfs-", "kubeadm-kafka/host:"))[0]!;
    if (decision.source === "mirror") {
      const script = path.join(root, "toolchain/host/load.sh");
      execFileSync("bash", [script, path.join(built(hostRootfs), "rootfs.tar.gz"), image], { stdio: "inherit" });
    }
    return { KUBEADM_KAFKA_HOST_IMAGE: image };
  },
};
