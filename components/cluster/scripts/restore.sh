#!/usr/bin/env bash
# Unpacks a decrypted backup on a control plane, for `make restore`. control-plane.sh restores the cluster from it (lib/restore.sh) in an
# `up` that asks for this very restore. Changes nothing that runs.
# Follows staged.sh.
# Inputs: AUTHORITY (of the stack's cluster, PEM in base64) SUM (SHA-256 of the archive, which `make restore` has sent) RESTORE (names
# this restore) OBJECTS (to make in the restored cluster: a List in JSON, or empty)
# shellcheck disable=SC2154 # variables of staged.sh

from_manifest() { sed --quiet "s/^$1 //p" "$staged/manifest"; }

unpack() {
  local sum
  sum=$(sha256sum <"$archive" | cut --characters=-64)
  [[ $sum == "$SUM" ]] || refuse KK958 "the backup has not arrived whole; run make restore again"
  rm -rf "$staged"
  install -d -m 700 "$staged"
  tar --extract --gzip --directory "$staged" --file "$archive" ||
    refuse KK958 "the backup can't be unpacked: $(tail -n 1 "$SCRATCH/output")"
  chmod 700 "$staged" # the archive has a mode for it as well
  rm "$archive"
  refuse_links
}

# The restore copies files and folders to where root's programs read: a link would copy, or overwrite, what is behind it. tar itself writes
# nothing outside of the folder. Backups of earlier versions may have links among what a restore doesn't read.
refuse_links() {
  local odd read='^(manifest|etcd\.db|kubernetes(/pki(/.*)?|/manifests(/etcd\.yaml)?)?|record(/cluster|/authorities)?)$'
  while IFS= read -r -d '' odd; do
    [[ ! $odd =~ $read ]] ||
      refuse KK958 "the backup has a link, a device or a set-user-id file, $odd, which no backup of this program has"
    rm -f "$staged/$odd"
  done < <(find "$staged" ! -type d \( ! -type f -o -links +1 -o -perm /7000 \) -printf '%P\0')
}

# Compares minor versions: a newer API server may not read what an older one has written, nor the other way round.
check() {
  local was is
  [[ $(from_manifest cluster) == "$CLUSTER" && $(base64 --wrap=0 "$staged/kubernetes/pki/ca.crt") == "$AUTHORITY" ]] ||
    refuse KK958 "the backup is of $(from_manifest cluster), and this host belongs to $CLUSTER"
  was=$(from_manifest kubernetes)
  is=$(kubeadm version --output short)
  [[ ${was%.*} == "${is%.*}" ]] ||
    refuse KK957 "the backup is of Kubernetes ${was#v}, and this host has ${is#v}; set kubernetes.version to ${was#v}, run up, and make restore again"
  [[ -s $staged/etcd.db ]] || refuse KK958 "the backup has no data of etcd"
}

# clean_up STATUS: leaves nothing of a backup in clear here that won't be restored.
clean_up() {
  [[ -e $asked ]] || forget_stage
  finish "$1"
}

write_objects() { [[ -z $OBJECTS ]] || printf '%s\n' "$OBJECTS" >"$staged/objects.json"; }

begin_on_ours
trap 'clean_up $?' EXIT
step "unpack the backup" && unpack
step "check the backup" && check
step "write the objects to bring back" && write_objects
step "let the up restore it that asks for it" && printf '%s\n' "$RESTORE" >"$asked"
