import type { Recipe } from "../engine/recipe";

/** rootfs.tar.gz of a container host, from Debian's packages. */
export const hostRootfs: Recipe = {
  name: "host-rootfs",
  summary: "Root filesystem of the hosts in containers: Debian with systemd and SSH",
  inputs: ["toolchain/host"],
  script: "toolchain/host/build.sh",
  tools: { mmdebstrap: "mmdebstrap" },
  usual: { seconds: 60, megabytes: 140 },
};
