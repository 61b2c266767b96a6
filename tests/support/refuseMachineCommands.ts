import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

/** Commands that change this machine, ask its services or reach a network. */
const commands = [
  ["apt", "apt-cache", "apt-get", "apt-key", "apt-mark", "gpg"],
  [
    "hostnamectl",
    "journalctl",
    "loginctl",
    "service",
    "systemctl",
    "systemd-detect-virt",
    "systemd-run",
    "timedatectl",
  ],
  ["modprobe", "rmmod", "swapoff", "swapon", "sysctl"],
  ["containerd", "crictl", "ctr", "docker", "kubeadm", "kubectl", "kubelet", "podman"],
  ["etcd", "etcdctl", "etcdutl"],
  ["curl", "nc", "ssh-keyscan", "wget"],
  ["halt", "poweroff", "reboot", "shutdown"],
  ["groupadd", "useradd", "userdel", "usermod"],
].flat();

/**
 * Puts commands that only fail before the machine's own, once for all unit tests. A host script finds them where a test has no
 * stand-in for a command, such as after a function has moved to another file. reportMachineCommands.ts lists the calls.
 */
export default function refuseMachineCommands(): void {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "refused-commands-"));
  const script = `#!/bin/sh
by=\${0%/*}
echo "\${by##*/}: \${0##*/} $*" >>"$by/called.txt"
echo "A unit test ran this machine's \${0##*/}: give it a stand-in." >&2
exit 97
`;
  for (const command of commands) fs.writeFileSync(path.join(folder, command), script, { mode: 0o755 });
  process.env["REFUSED_COMMANDS"] = folder;
  process.env["PATH"] = `${folder}:${process.env["PATH"]}`;
}
