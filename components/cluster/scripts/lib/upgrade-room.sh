# shellcheck shell=bash
# Room that an upgrade needs on this host's disks, for preflight.sh and upgrade.sh.
# Inputs: ROLE
# shellcheck disable=SC2154 # `etcd_folder` is in lib.sh

# lacking_room MIB: prints "FREE DISK REQUIRED", in MiB, for each disk without enough room. A full disk in the middle of an upgrade would
# leave the node half done. Packages and images, of this size, come to /var/lib; on a control plane, a snapshot of etcd comes to its
# folder, and kubeadm's copy of that folder to /etc/kubernetes/tmp. Each may be on a disk of its own.
lacking_room() {
  local size room free disk rooms=("$1 /var/lib")
  local -A required=() left=()
  if [[ $ROLE != worker ]]; then
    size=$(du --summarize --block-size=1M "$etcd_folder" | cut --fields=1)
    rooms+=("$size $etcd_folder" "$size /etc/kubernetes")
  fi
  for room in "${rooms[@]}"; do
    read -r free disk < <(df --output=avail,target --block-size=1M "${room#* }" | tail -n 1)
    required[$disk]=$((${required[$disk]:-0} + ${room%% *}))
    left[$disk]=$free
  done
  for disk in "${!required[@]}"; do
    ((${left[$disk]} >= ${required[$disk]})) || echo "${left[$disk]} $disk ${required[$disk]}"
  done
}
