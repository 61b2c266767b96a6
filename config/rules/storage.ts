import { posix } from "node:path";

import { codes, mistake, type Mistakes } from "../mistakes";
import type { StackConfig } from "../schema/schema";

/** Folders that are emptied at boot, belong to the kernel or the system, or are removed with the cluster. */
const UNFIT_FOLDERS = [
  ...["/boot", "/dev", "/etc", "/opt/cni", "/proc", "/run", "/sys", "/tmp", "/var/run", "/var/tmp"],
  ...["containerd", "etcd", "kubelet", "kubeadm-kafka"].map((folder) => `/var/lib/${folder}`),
];

/** A `storage.path` where volumes would be lost, or in the way of something else. */
export function* storageMistakes({ storage }: StackConfig): Mistakes {
  const [code, key] = [codes.unfitPath, "storage.path"] as const;
  const path = storage.path.replace(/\/$/, "");
  const normal = posix.normalize(path);
  const unfit = UNFIT_FOLDERS.find((folder) => path === folder || path.startsWith(`${folder}/`));
  if (path !== normal || path === "") {
    const remedy = path && normal !== "/" ? normal : "/var/lib";
    const message = `${storage.path} must be written without //, . and .., and not be / itself; set ${remedy}`;
    yield mistake(code, key, message);
  } else if (unfit) {
    const message = `${storage.path} is in ${unfit}, where volumes would be lost or in the way of the system; set a folder on a disk for data`;
    yield mistake(code, key, message);
  }
}
