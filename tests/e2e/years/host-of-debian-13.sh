#!/usr/bin/env bash
# Makes the Docker image of a host with Debian 13, unless there is one, and prints its name.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

image=kubeadm-kafka/host:debian-13
if ! docker image inspect "$image" >/dev/null 2>&1; then
  OUT=$(mktemp --directory)
  trap 'rm -r "$OUT"' EXIT
  SUITE=trixie OUT=$OUT bash toolchain/host/build.sh >&2
  # Debian 13's systemd boots with cgroup 1, which the machine of the containers may have, only where it is told to.
  # It takes this variable for the kernel's command line.
  cgroup1='systemd.unified_cgroup_hierarchy=0 SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1'
  changes=(--change 'ENTRYPOINT ["/usr/local/sbin/host-entrypoint"]')
  [[ -e /sys/fs/cgroup/cgroup.controllers ]] || changes+=(--change "ENV SYSTEMD_PROC_CMDLINE=\"$cgroup1\"")
  docker import "${changes[@]}" "$OUT/rootfs.tar.gz" "$image" >/dev/null
fi
echo "$image"
