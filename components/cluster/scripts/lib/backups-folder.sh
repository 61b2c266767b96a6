# shellcheck shell=bash
# For backups.sh, list-backups.sh and undo.sh.

# Prints the folder of this cluster's backups, which is the same on each of its hosts.
backups_folder() {
  local name=${CLUSTER##*/}
  name=${name/ (/-}
  printf '/var/backups/kubeadm-kafka/%s' "${name%)}"
}
