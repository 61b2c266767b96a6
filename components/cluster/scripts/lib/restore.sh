# shellcheck shell=bash
# Brings the cluster back from the backup that restore.sh has unpacked on this host, for control-plane.sh. Follows staged.sh, etcd.sh,
# kubeadm.sh, api-server-files.sh, authorities.sh and address.sh, which stops a control plane.
# Inputs: ADDRESS FIXED (settings that can't change on a running cluster) RESTORE (the restore that this `up` asks for; empty for none)
# shellcheck disable=SC2154 # variables of staged.sh

objects=$RECORD/restored-objects.json # to make as soon as the API server answers
restoring=$RECORD/restoring           # exists while etcd's data here may be those of an interrupted restore

# Refuses if the restore that was asked for can't be run: nobody wants another one, or none, in its place.
refuse_unstaged() {
  [[ -z $RESTORE ]] || is_staged "$RESTORE" || was_restored "$RESTORE" ||
    refuse KK978 "the restore $RESTORE is not here: another make restore has replaced it, or it was not run within a day and was \
removed. Nothing was changed on this host. Run make restore again, and then the commands that it prints"
}

# refuse_beside_living KUBECONFIG: refuses if another control plane serves the cluster, or its etcd runs: two clusters would then claim to
# be the same one. A member of etcd without a majority goes on to run, and its API server isn't ready.
refuse_beside_living() {
  local name address own
  own=" $ADDRESS $(hostname --all-ip-addresses) "
  while IFS='=' read -r name address; do
    [[ $own != *" $address "* ]] || continue
    if kubectl --kubeconfig "$1" --server "https://$address:6443" --request-timeout 5s get --raw /readyz </dev/null ||
      runs_etcd "$address:2380"; then
      refuse KK956 "$name at $address still serves the cluster or runs its etcd, which therefore isn't restored. If that machine was \
replaced, or if you want to go back to the backup all the same, switch it off. Otherwise run up without KUBEADM_KAFKA_RESTORE, which lets \
$HOST join it"
    fi
  done < <(listed && former_members)
}

# runs_etcd ADDRESS:PORT: whether this cluster's etcd listens there: it has a certificate of the backup's authority. A router may accept
# connections to any address.
runs_etcd() {
  local said
  said=$(timeout 5 openssl s_client -connect "$1" -CAfile "$staged/kubernetes/pki/etcd/ca.crt" -no-CApath -no-CAstore </dev/null 2>&1) || true
  [[ $said == *"BEGIN CERTIFICATE"* && $said == *"Verification: OK"* ]] # openssl verifies no certificate as well
}

# Prints NAME=ADDRESS of each member of etcd at the time of the backup: a machine that was replaced under its name, at another address, is
# listed nowhere else. Backups of earlier versions have only those that the backup's host started with.
former_members() {
  sed --quiet 's/^members //p' "$staged/manifest" | tr ' ' '\n'
  sed --quiet 's/.*--initial-cluster=//p' "$staged/kubernetes/manifests/etcd.yaml" 2>/dev/null | tr ',' '\n' |
    sed --quiet 's,=https://\(.*\):2380$,=\1,p'
}

# Compares the settings that FIXED has: the backup may have more.
refuse_other_settings() {
  local keys recorded
  keys=$(cut --delimiter=' ' --fields=1 <<<"$FIXED")
  recorded=$(awk 'NR == FNR {fixed[$1]; next} $1 in fixed' - "$staged/record/cluster" <<<"$keys")
  [[ $recorded == "$FIXED" ]] ||
    refuse KK714 "the backup is of a cluster with other settings (- in the backup, + as configured); set them back:
$(diff --unified=0 - <(printf '%s\n' "$FIXED") <<<"$recorded" | grep '^[-+][^-+]')"
}

# Moves what is left of a control plane here aside, in a folder of its own, since it may be better than the backup. An interrupted
# restore begins again, with this backup or another one: what that has made is removed, as no complete control plane is.
keep_leftovers() {
  local kept
  if [[ ! -e $restoring || -e $RECORD/cluster ]]; then
    kept=/var/lib/etcd/kubeadm-kafka-before-restore/$(date -u +%Y%m%dT%H%M%SZ)
    install -d -m 700 /var/lib/etcd "${kept%/*}" "$kept"
    [[ ! -d /etc/kubernetes/pki ]] || cp --archive /etc/kubernetes "$kept/etc-kubernetes"
    [[ ! -d /var/lib/etcd/member ]] || mv /var/lib/etcd/member "$kept/etcd-member"
    touch "$restoring"
  fi
  # Only etcd's members could be told that this one leaves, and they are gone.
  kubeadm reset --force --skip-phases=remove-etcd-member
  rm -rf /var/lib/etcd/member "$RECORD/cluster"
}

# Gives the host what all control planes share. kubeadm makes the certificates that are a host's own.
restore_certificates() {
  local shared=$staged/shared
  rm -rf "$shared"
  cp --archive "$staged/kubernetes/pki" "$shared"
  rm -f "$shared"/apiserver*.{crt,key} "$shared"/front-proxy-client.{crt,key} "$shared"/etcd/{server,peer,healthcheck-client}.{crt,key}
  install -d -m 755 /etc/kubernetes/pki
  cp --archive "$shared/." /etc/kubernetes/pki
  write_signer # the config may have the controller manager sign with that file, and the backup be older
}

# Makes etcd's data from the snapshot, with this host as the only member, and another token, so that no lost member takes it for its
# own cluster. Nodes and controllers have seen newer revisions than the snapshot's: revisions continue far above, and the old ones
# count as compacted, so that each watcher reads everything again. They go with the time, so that a second restore of the same backup
# continues above what was written after the first one.
# https://etcd.io/docs/v3.6/op-guide/recovery/#restoring-with-revision-bump
restore_etcd() {
  local image peer=https://$ADDRESS:2380
  image=$(kubeadm config images list --config "$SCRATCH/init.yaml" | grep '/etcd:')
  crictl inspecti "$image" >/dev/null || crictl pull "$image"
  # An image that an earlier version of this program built lacks it. The mirror's image of the same name has it now.
  copy_etcdutl "$image" || { crictl pull "$image" && copy_etcdutl "$image"; }
  rm -rf "$staged/etcd"
  "$staged/etcdutl" snapshot restore "$staged/etcd.db" --data-dir "$staged/etcd" --name "$HOST" \
    --initial-cluster-token "restored-$(date +%s)" --initial-cluster "$HOST=$peer" --initial-advertise-peer-urls "$peer" \
    --bump-revision "$((1000000000 + $(date +%s) * 1000))" --mark-compacted
  install -d -m 700 /var/lib/etcd
  mv "$staged/etcd/member" /var/lib/etcd/member
}

# copy_etcdutl IMAGE
copy_etcdutl() {
  local view=$SCRATCH/etcd
  mkdir -p "$view"
  ctr --namespace k8s.io images mount "$1" "$view"
  cp "$view/usr/local/bin/etcdutl" "$staged/etcdutl.new" || true
  ctr --namespace k8s.io images unmount --rm "$view"
  mv "$staged/etcdutl.new" "$staged/etcdutl"
}

# CoreDNS, kube-proxy and what bootstrap tokens may do are in etcd, as the cluster had them: control-plane.sh may have taken these rights
# away. kubeadm's last phase, which shows how to join, depends on them. The keys of Secrets are the backup's, which may have none.
start_restored() {
  local flags
  write_api_server_files write
  init_config >"$SCRATCH/init.yaml"
  mapfile -t flags < <(ignored_errors)
  kubeadm init --config "$SCRATCH/init.yaml" --skip-phases addon,bootstrap-token,show-join-command "${flags[@]}"
  # By these the control plane recognises its cluster, even if its authority was exchanged.
  [[ ! -e $staged/record/authorities ]] || cp "$staged/record/authorities" "$RECORD"
  record_settings
  rm -f "$objects"
  [[ ! -e $staged/objects.json ]] || cp "$staged/objects.json" "$objects"
  printf '%s\n' "$RESTORE" >"$SCRATCH/restored" && mv "$SCRATCH/restored" "$restored"
}

# Removes what a complete restore has left, also one that was interrupted at its end.
end_restore() {
  if [[ -n $RESTORE ]] && was_restored "$RESTORE"; then
    rm -f "$restoring"
    forget_stage
  fi
}

# Makes what the backup doesn't know: volumes that are still on the hosts' disks.
make_objects() {
  [[ -e $objects ]] || return 0
  kubectl apply --server-side --force-conflicts --filename "$objects"
  rm "$objects"
}

# Records the settings that can't change. If the config manages the encryption of Secrets, FIXED doesn't have it, and the backup's is
# what the cluster has now.
record_settings() {
  printf '%s\n' "$FIXED" >"$SCRATCH/cluster"
  [[ $FIXED == *encryptSecrets* ]] || grep '^encryptSecrets ' "$staged/record/cluster" >>"$SCRATCH/cluster" || true
  mv "$SCRATCH/cluster" "$RECORD/cluster"
}
