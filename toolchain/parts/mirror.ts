import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { containerAddress, containerNetwork } from "../../components/hosts/containerPlan";
import { mirrorOf } from "../recipes/mirror";
import { mirrorServer } from "../recipes/mirrorServer";
import type { Part } from "./part";

/** The mirror of packages and images, served to the hosts in containers on their network. */
export const mirror: Part = {
  name: "mirror",

  recipes: ({ source }, content) => (source === "mirror" ? [mirrorOf(content), mirrorServer] : []),

  tools: () => ({}),

  async ready({ decision, content, root, built }): Promise<Record<string, string>> {
    if (decision.source !== "mirror") return {};
    const address = containerAddress(2);
    const script = path.join(root, "toolchain/mirror/serve.sh");
    const folder = built(mirrorOf(content));
    execFileSync("bash", [script, "start", folder, path.join(built(mirrorServer), "mirror")], {
      env: { ...process.env, NETWORK: containerNetwork.name, SUBNET: containerNetwork.subnet, ADDRESS: address },
      stdio: "inherit",
    });
    return {
      KUBEADM_KAFKA_MIRROR: `http://${address}:5000`,
      KUBEADM_KAFKA_MIRROR_KEY: fs.readFileSync(path.join(folder, "key"), "utf8").trim(),
      KUBEADM_KAFKA_MIRROR_KUBERNETES: content.kubernetes.join(" "),
    };
  },
};
