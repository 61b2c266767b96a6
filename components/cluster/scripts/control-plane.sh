#!/usr/bin/env bash
# Joins a control plane to the running cluster, unless it has joined; it never creates a cluster. Moves it when its machine's address
# changes. The last control plane of the list then removes control planes that aren't listed any more. If the `up` asks for a restore,
# it brings the cluster back from the backup that `make restore` has put here instead.
# Follows turn.sh, nodes.sh, addresses.sh, etcd.sh, address.sh, kubeadm.sh, bootstrap-tokens.sh, api-server-files.sh, plugin.sh,
# authorities.sh, staged.sh and restore.sh.
# Inputs: ADDRESS ENDPOINT KUBEADM_CONFIG INIT_CONFIG (for `kubeadm init phase`) AUTHORITY (the cluster's, PEM in base64)
# CERTIFICATE_KEY CERTIFICATE (from admit.sh; empty where there is no other control plane) CONTROL_PLANES
# (NAME=ADDRESS …, including this one) IS_LAST FIXED (settings that can't change on a running cluster)
# SCHEDULE_ON_CONTROL_PLANE DRAIN_SECONDS RESTORE (the restore that this `up` asks for; empty for none)
# shellcheck disable=SC2154 # `encryption_config` and `join_key` are in lib.sh

# Whether the host has joined this cluster completely. A replaced machine, or an interrupted join, fails a condition.
is_control_plane() {
  [[ -e $RECORD/cluster ]] && joined_by "$AUTHORITY"
}

# Whether the settings that can't change are as the cluster was made with. If key-add.sh and its like manage the encryption of Secrets,
# FIXED doesn't have it.
is_unchanged() {
  local recorded
  recorded=$(<"$RECORD/cluster")
  [[ $FIXED == *encryptSecrets* ]] || recorded=$(grep --invert-match '^encryptSecrets ' "$RECORD/cluster")
  [[ $recorded == "$FIXED" ]]
}

refuse_change() {
  local changes managed=''
  changes=$(diff --unified=0 "$RECORD/cluster" - <<<"$FIXED" | grep '^[-+][^-+]') || true # diff fails where it finds any
  [[ $changes != *+encryptSecrets* ]] ||
    managed=" encryptSecrets alone can change if kubernetes.secretsEncryption.keyGeneration is set as well, to 1 for a first key."
  refuse KK714 "these can't change on a running cluster (- as it is, + as configured); destroy it first, or set them back.$managed
$changes"
}

# Removes the permission and the key that the host joined with.
forget_admission() {
  kubectl delete rolebinding "kubeadm-kafka:joins:$HOST" --namespace kube-system --ignore-not-found
  rm -f "$join_key"
}

# Removes the bootstrap token by which earlier versions joined control planes. It never expired, and was derived from CERTIFICATE_KEY.
forget_token() {
  local digest
  digest=$(printf 'control planes %s' "$CERTIFICATE_KEY" | sha256sum)
  kubectl delete secret "bootstrap-token-${digest:0:6}" --namespace kube-system --ignore-not-found
  kubectl delete rolebinding kubeadm-kafka:control-planes --namespace kube-system --ignore-not-found
}

# In clusters of earlier versions, every host has a certificate for ten years that may request a certificate of any node.
# Certificates can't be revoked, so this removes all bindings of its user, and of its group, which is that of kubeadm's bootstrap
# tokens. The ClusterRole that marks such a cluster is deleted last, so that an interrupted run is repeated.
forget_joiner() {
  local marked
  marked=$(kubectl get clusterrole kubeadm-kafka:joiner --ignore-not-found)
  [[ -n $marked ]] || return 0
  kubectl delete clusterrolebinding kubeadm-kafka:joiner --ignore-not-found
  revoke_bootstrap_tokens
  kubectl delete clusterrole kubeadm-kafka:joiner --ignore-not-found
}

# Sets `peer` to the name of another control plane that is ready.
find_peer() {
  local deadline=$((SECONDS + 300)) name address
  [[ $CONTROL_PLANES != "$HOST=$ADDRESS" ]] ||
    refuse KK718 "the cluster's only control plane is gone, and a new one is never made in its place. Bring the cluster back from a \
backup: make restore, and the commands that it prints, see docs/backups.md. Workers, and the volumes on their disks, are as they were"
  while ((SECONDS < deadline)); do
    while IFS='=' read -r name address; do
      [[ $name != "$HOST" ]] || continue
      peer=$name
      ! kubectl --kubeconfig "$SCRATCH/anyone.conf" --server "https://$address:6443" --request-timeout 5s \
        get --raw /readyz </dev/null || return 0
    done < <(listed)
    sleep 1
  done
  refuse KK719 "no other control plane answers ($CONTROL_PLANES), so there is nothing to join. If all of them are lost, bring the \
cluster back from a backup: make restore, and the commands that it prints, see docs/backups.md"
}

# Fetches the keys by which API servers encrypt Secrets, if the cluster's config has the API server read such a file.
fetch_encryption_config() {
  local config
  config=$(kubectl get configmap kubeadm-config --namespace kube-system --output jsonpath='{.data.ClusterConfiguration}')
  [[ $config == *encryption-provider-config* ]] || return 0
  (umask 077 && kubectl get secret kubeadm-kafka-encryption --namespace kube-system \
    --output go-template='{{.data.config | base64decode}}' >"$encryption_config")
  check_plugins "$encryption_config"
  look_for_plugins "$encryption_config"
}

# look_for_plugins FILE: refuses if a plug-in of this EncryptionConfiguration doesn't run here.
look_for_plugins() {
  local socket
  [[ -e $1 ]] || return 0
  for socket in $(sockets "$1"); do
    is_listening "$socket" || refuse KK977 "Secrets are encrypted by a plug-in, and none listens at $socket on this host: its API server \
would not become ready. Start the plug-in, then run up again"
  done
}

# check_plugins FILE: refuses a config without the plug-in that Secrets are encrypted by, as this EncryptionConfiguration has it:
# whenever the API server's manifest is written anew, the plug-in's folder would be missing there.
check_plugins() {
  local socket
  [[ -e $1 ]] || return 0
  for socket in $(sockets "$1"); do
    grep --quiet --line-regexp " *hostPath: ${socket%/*}" <<<"$INIT_CONFIG" ||
      refuse KK976 "Secrets are encrypted by the plug-in at $socket; leave it in kubernetes.secretsEncryption.kms until provider \
secretbox has replaced it. Nothing was changed on this host"
  done
}

join_cluster() {
  local trace flags
  for trace in /etc/kubernetes/{kubelet,bootstrap-kubelet,admin}.conf /etc/kubernetes/manifests/*.yaml /var/lib/etcd/member; do
    [[ ! -e $trace ]] || kubeadm reset --force
  done
  rm -f "$RECORD"/{cluster,authorities}
  kubeadm join phase control-plane-prepare download-certs --config "$SCRATCH/kubeadm.yaml"
  write_signer # the cluster's config may have the controller manager sign with that file
  kubeadm join phase control-plane-prepare kubeconfig --config "$SCRATCH/kubeadm.yaml"
  trust_in_kubeconfigs
  # The shared certificates make the host an administrator, and its kubelet requests its certificate as one.
  cp /etc/kubernetes/admin.conf "$SCRATCH/join.conf"
  begin_turn $((MINUTES * 60)) # a member of etcd joins
  fetch_encryption_config
  write_api_server_files write
  # Removes a former machine with this name or address. Its etcd member goes first, since it counts towards the quorum.
  take_snapshot "$peer"
  remove_members "$peer" has_my_place
  # etcd accepts no new member while a dead one could cost the quorum. Unlisted members that live stay until there is a successor.
  remove_members "$peer" unlisted_and_dead
  delete_node "$HOST"
  mapfile -t flags < <(ignored_errors)
  kubeadm join --config "$SCRATCH/kubeadm.yaml" "${flags[@]}"
  printf '%s\n' "$FIXED" >"$SCRATCH/cluster" && mv "$SCRATCH/cluster" "$RECORD/cluster"
}

# Removes control planes that aren't listed. Dead members go first: while they count, etcd refuses to remove living ones.
remove_unlisted() {
  local node nodes
  nodes=$(kubectl get nodes --selector node-role.kubernetes.io/control-plane --output name)
  nodes=$(grep --invert-match --line-regexp --fixed-strings "$(listed | cut --delimiter='=' --fields=1)" \
    <<<"${nodes//node\//}" || true)
  for node in $nodes; do is_dead "$node" || refuse_to_lose_volumes "$node"; done
  for node in $nodes; do drain_node "$node"; done
  remove_members "$HOST" unlisted_and_dead
  remove_members "$HOST" unlisted
  for node in $nodes; do
    delete_node "$node"
    unlist_address "$node"
  done
}

# Waits until this host's etcd is ready, since the next control plane joins after that.
wait_for_member() {
  kubectl wait pod "etcd-$HOST" --namespace kube-system --for create --timeout 180s
  kubectl wait pod "etcd-$HOST" --namespace kube-system --for condition=Ready --timeout 180s
}

# Removes kubeadm's taint if control planes run ordinary pods. labels.sh sets it, after the check that no volume loses its pods.
remove_taint() {
  local taint=node-role.kubernetes.io/control-plane has
  [[ $SCHEDULE_ON_CONTROL_PLANE == true ]] || return 0
  has=$(kubectl get node "$HOST" --output jsonpath="{.spec.taints[?(@.key=='$taint')].effect}")
  [[ -z $has ]] || kubectl taint node "$HOST" "$taint-"
}

begin_on_ours
step "look for the restore that is asked for" && refuse_unstaged
(umask 077 && printf '%s\n' "$KUBEADM_CONFIG" >"$SCRATCH/kubeadm.yaml")
INIT_CONFIG=$(versioned_config) # a restore removes the manifest, which has the version
init_config >"$SCRATCH/init.yaml"
export KUBECONFIG=/etc/kubernetes/admin.conf
# The authority may have been exchanged since the join.
if is_staged "$RESTORE"; then
  AUTHORITY=$(base64 --wrap=0 "$staged/kubernetes/pki/ca.crt")
elif is_control_plane; then
  AUTHORITY=$(authority_joined)
fi
# A user name alone is anonymous to the API server, and prevents a prompt of kubectl's.
write_kubeconfig "$SCRATCH/anyone.conf" "$AUTHORITY" "username: anyone"
rm -f "$RECORD/joiner.conf" # of earlier versions

keys=$encryption_config
! is_staged "$RESTORE" || keys=$staged/kubernetes/pki/${encryption_config##*/}
step "look at the plug-in that encrypts Secrets" && check_plugins "$keys"
if is_staged "$RESTORE"; then
  step "look for the plug-in" && look_for_plugins "$keys"
  step "look for other control planes" && refuse_beside_living "$SCRATCH/anyone.conf"
  step "compare the settings with the backup's" && refuse_other_settings
  step "stop what is left of the control plane" && stop_control_plane
  step "put what is left aside" && keep_leftovers
  step "restore certificates" && restore_certificates
  step "restore etcd" && restore_etcd
  step "name the API server" && name_api "$ADDRESS"
  step "start the restored control plane" && start_restored
elif ! is_control_plane; then
  step "find another control plane" && find_peer
  step "look at the certificate to join with" && write_identity "$SCRATCH/join.conf"
  # kubeadm uses the API server's name, which must mean another control plane until this one serves.
  step "name the API server" && name_api "$(listed | sed --quiet "s/^$peer=//p")"
  step "kubeadm join" && join_cluster
elif ! is_unchanged; then
  refuse_change
elif has_moved; then
  if [[ $CONTROL_PLANES != "$HOST=$ADDRESS" ]]; then
    step "find another control plane" && find_peer
    step "name the API server" && name_api "$(listed | sed --quiet "s/^$peer=//p")"
    begin_turn $((MINUTES * 60))
    step "take a snapshot of etcd" && take_snapshot "$peer"
    step "tell etcd the new address" && tell_etcd "$peer"
  fi
  step "stop the control plane" && stop_control_plane
  step "keep a copy of it" && keep_copy
  step "write what the API server reads" && write_api_server_files write
  step "make certificates and manifests anew" && renew_control_plane
  step "move the kubelet to the new address" && move_kubelet
fi
step "remove the backup of a complete restore" && end_restore
step "name the API server" && name_api "$ADDRESS"
step "start the kubelet" && start_kubelet
step "wait for the API server" && wait_for_api
step "bring volumes back that the backup does not know" && make_objects
step "list its address" && list_address "$HOST" "$ADDRESS"
if has_moved; then
  step "tell etcd the new address" && tell_etcd "$HOST"
  step "tell kubeadm the new address" && kubeadm init phase upload-config kubeadm --config "$SCRATCH/init.yaml"
  step "move pods to the new address" && move_pods
fi
step "open the control plane to pods" && remove_taint
step "take back what it joined by" && forget_admission
if [[ $IS_LAST == true ]]; then
  step "remove control planes that are not on the list" && remove_unlisted
  step "forget earlier versions' token" && forget_token
  step "forget earlier versions' certificate" && forget_joiner
else
  step "wait for its member of etcd" && wait_for_member
fi
step "let the next control plane go on" && end_turn
step "write down what was applied" && keep_applied
