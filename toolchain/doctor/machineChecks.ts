import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Check } from "./check";

const gib = 2 ** 30;

/** Free disk that builds need at their height, when compilers' caches lie beside the results. */
export const buildDiskGib = 30;
/** Free disk that the hosts of the dev stack need beside a finished toolchain. */
export const runDiskGib = 8;

export function memoryCheck(bytes = os.totalmem()): Check {
  const found = `${(bytes / gib).toFixed(1)} GiB`;
  return {
    name: "memory",
    found,
    ...(bytes < 7.5 * gib && { remedy: "the dev stack's two hosts want a machine of 8 GiB" }),
  };
}

/** @param folder where things are put; its nearest ancestor that exists is asked */
export function diskCheck(folder: string, neededGib: number): Check {
  let existing = folder;
  while (!fs.existsSync(existing)) existing = path.dirname(existing);
  const { bavail, bsize } = fs.statfsSync(existing);
  const freeGib = (bavail * bsize) / gib;
  const found = `${freeGib.toFixed(0)} GiB free at ${folder}`;
  const remedy = `${neededGib} GiB are needed: free some, or set KUBEADM_KAFKA_CACHE to a folder on a larger disk`;
  return { name: "disk", found, ...(freeGib < neededGib && { remedy }) };
}

export function nodeCheck(): Check {
  return { name: "node", found: `${process.version} (the project's own)` };
}

/** Which version of cgroups the containers get. Both work; the kubelet from 1.35 on is told to accept the old one. */
export function cgroupCheck(): Check {
  const unified = fs.existsSync("/sys/fs/cgroup/cgroup.controllers");
  return {
    name: "cgroups",
    found: unified ? "version 2" : "version 1 (deprecated by Kubernetes, works in containers)",
  };
}

/** What a host in a container takes of the machine's inotify instances: 128 were too few for five. */
const inotifyInstancesPerHost = 26;

/** All that root's programs watch files with counts together, in containers too. Without any left a kubelet doesn't start. */
export function inotifyCheck(limit = Number(read("/proc/sys/fs/inotify/max_user_instances"))): Check {
  const hosts = Math.floor(limit / inotifyInstancesPerHost);
  const more = "sudo sysctl fs.inotify.max_user_instances=1024";
  const found = `${limit} instances, enough for ${hosts} hosts in containers`;
  if (hosts < 2) return { name: "inotify", found, remedy: `the dev stack has two: ${more}` };
  return { name: "inotify", found: hosts < 6 ? `${found}; for more: ${more}` : found };
}

/** Parts of the kernel that the container hosts' nodes use, by a way to see them without loading anything. */
const kernelFeatures: Record<string, () => boolean> = {
  overlay: () => contains("/proc/filesystems", "overlay"),
  br_netfilter: () => fs.existsSync("/proc/sys/net/bridge") || isModule("br_netfilter"),
  vxlan: () => isModule("vxlan"),
  ip_set: () => isModule("ip_set"),
};

export function kernelCheck(features = kernelFeatures): Check {
  if (os.type() !== "Linux")
    return { name: "kernel", found: `${os.type()}; that of Docker's machine is not looked at` };
  const missing = Object.keys(features).filter((name) => !features[name]?.());
  const found = `${os.type()} ${os.release()}`;
  if (missing.length === 0) return { name: "kernel", found: `${found} with ${Object.keys(features).join(", ")}` };
  const remedy = `container hosts need ${missing.join(", ")}: use another kernel, or hosts that are not containers`;
  return { name: "kernel", found: `${found} without ${missing.join(", ")}`, remedy };
}

function contains(file: string, text: string): boolean {
  return read(file).includes(text);
}

/** Nothing where there is no such file. */
function read(file: string): string {
  return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
}

/** Whether a module is loaded, built in, or there to be loaded. */
function isModule(name: string): boolean {
  const lists = ["modules.dep", "modules.builtin"].map((list) => path.join("/lib/modules", os.release(), list));
  return fs.existsSync(`/sys/module/${name}`) || lists.some((list) => contains(list, `/${name}.ko`));
}
