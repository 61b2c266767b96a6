#!/usr/bin/env bash
# Makes a host a control plane of the running cluster, if it is none yet; it never makes a cluster. The last one of the
# list then sends away who is no longer on it. One whose machine has another address than before goes on there.
# Follows nodes.sh, etcd.sh and address.sh.
# Inputs: ADDRESS ENDPOINT KUBEADM_CONFIG INIT_CONFIG (what init would be told now) AUTHORITY (the cluster's, PEM in base64)
# CERTIFICATE_KEY CERTIFICATE (what admit.sh has printed; empty where there is no other control plane) CONTROL_PLANES
# (NAME=ADDRESS …, this one too) IS_LAST FIXED (what can't change on a running cluster) ENCRYPT_SECRETS
# SCHEDULE_ON_CONTROL_PLANE DRAIN_SECONDS
# shellcheck disable=SC2154 # `encryption_config` and `join_key` are in lib.sh

# A machine that has taken another's place, or an attempt that stopped halfway, is none.
is_control_plane() {
  [[ -e $RECORD/cluster && -s /etc/kubernetes/pki/ca.crt && $(base64 --wrap=0 /etc/kubernetes/pki/ca.crt) == "$AUTHORITY" ]]
}

# Takes back what it came in by, as soon as it is a member.
forget_admission() {
  kubectl delete rolebinding "kubeadm-kafka:joins:$HOST" --namespace kube-system --ignore-not-found
  rm -f "$join_key"
}

# Earlier versions let control planes in by a bootstrap token that never expired, derived from the key to the shared certificates.
forget_token() {
  local digest
  digest=$(printf 'control planes %s' "$CERTIFICATE_KEY" | sha256sum)
  kubectl delete secret "bootstrap-token-${digest:0:6}" --namespace kube-system --ignore-not-found
  kubectl delete rolebinding kubeadm-kafka:control-planes --namespace kube-system --ignore-not-found
}

# Clusters of earlier versions gave every host a certificate for ten years, by which it could ask for any node's. Nobody can
# take a certificate back, so all goes that its user and its group, that of kubeadm's own bootstrap tokens, are bound to.
# What marks such a cluster goes last: what was cut short is gone through again.
forget_joiner() {
  local marked shared nodes='{"subjects":[{"apiGroup":"rbac.authorization.k8s.io","kind":"Group","name":"system:nodes"}]}'
  marked=$(kubectl get clusterrole kubeadm-kafka:joiner --ignore-not-found)
  [[ -n $marked ]] || return 0
  kubectl delete clusterrolebinding kubeadm-kafka:joiner kubeadm:kubelet-bootstrap kubeadm:node-autoapprove-bootstrap \
    kubeadm:get-nodes --ignore-not-found
  kubectl delete rolebinding kubeadm:kubeadm-certs kube-proxy --namespace kube-system --ignore-not-found
  for shared in kubeadm:nodes-kubeadm-config kubeadm:kubelet-config; do
    kubectl patch rolebinding "$shared" --namespace kube-system --type merge --patch "$nodes"
  done
  kubectl delete clusterrole kubeadm-kafka:joiner --ignore-not-found
}

# Sets `peer` to the name of another control plane that answers.
find_peer() {
  local deadline=$((SECONDS + 300)) name address
  [[ $CONTROL_PLANES != "$HOST=$ADDRESS" ]] ||
    refuse KK718 "the cluster's only control plane is gone, and the cluster with it; destroy what is left, then up"
  while ((SECONDS < deadline)); do
    while IFS='=' read -r name address; do
      [[ $name != "$HOST" ]] || continue
      peer=$name
      ! kubectl --kubeconfig "$SCRATCH/anyone.conf" --server "https://$address:6443" --request-timeout 5s \
        get --raw /readyz </dev/null || return 0
    done < <(listed)
    sleep 1
  done
  refuse KK719 "no other control plane answers ($CONTROL_PLANES), so there is nothing to join"
}

join_cluster() {
  local trace
  for trace in /etc/kubernetes/{kubelet,bootstrap-kubelet,admin}.conf /etc/kubernetes/manifests/*.yaml /var/lib/etcd/member; do
    [[ ! -e $trace ]] || kubeadm reset --force
  done
  rm -f "$RECORD/cluster"
  kubeadm join phase control-plane-prepare download-certs --config "$SCRATCH/kubeadm.yaml"
  kubeadm join phase control-plane-prepare kubeconfig --config "$SCRATCH/kubeadm.yaml"
  # From here on it is an administrator by itself, and its kubelet gets a certificate as such.
  cp /etc/kubernetes/admin.conf "$SCRATCH/join.conf"
  if [[ $ENCRYPT_SECRETS == true ]]; then
    (umask 077 && kubectl get secret kubeadm-kafka-encryption --namespace kube-system \
      --output go-template='{{.data.config | base64decode}}' >"$encryption_config")
  fi
  # Of a machine that had this name or address. Its member first: etcd would go on counting it.
  take_snapshot "$peer"
  remove_members "$peer" in_my_place
  # Who is off the list and dead has to go before etcd lets anyone in; who lives may stay until there is a successor.
  remove_members "$peer" unlisted_and_dead
  delete_node "$HOST"
  kubeadm join --config "$SCRATCH/kubeadm.yaml"
  printf '%s\n' "$FIXED" >"$SCRATCH/cluster" && mv "$SCRATCH/cluster" "$RECORD/cluster"
}

# The dead first: with one of them still counted, etcd won't let go of the living.
send_others_away() {
  local node nodes
  nodes=$(kubectl get nodes --selector node-role.kubernetes.io/control-plane --output name)
  nodes=$(grep --invert-match --line-regexp --fixed-strings "$(listed | cut --delimiter='=' --fields=1)" \
    <<<"${nodes//node\//}" || true)
  for node in $nodes; do is_dead "$node" || refuse_to_lose_volumes "$node"; done
  for node in $nodes; do drain_node "$node"; done
  remove_members "$HOST" unlisted_and_dead
  remove_members "$HOST" unlisted
  for node in $nodes; do delete_node "$node"; done
}

# The next control plane joins what this one has joined.
wait_for_member() {
  kubectl wait pod "etcd-$HOST" --namespace kube-system --for create --timeout 180s
  kubectl wait pod "etcd-$HOST" --namespace kube-system --for condition=Ready --timeout 180s
}

set_taint() {
  local taint=node-role.kubernetes.io/control-plane has
  has=$(kubectl get node "$HOST" --output jsonpath="{.spec.taints[?(@.key=='$taint')].effect}")
  if [[ $SCHEDULE_ON_CONTROL_PLANE == true ]]; then
    [[ -z $has ]] || kubectl taint node "$HOST" "$taint-"
  else
    [[ -n $has ]] || kubectl taint node "$HOST" "$taint:NoSchedule"
  fi
}

begin_on_ours
(umask 077 && printf '%s\n' "$KUBEADM_CONFIG" >"$SCRATCH/kubeadm.yaml")
printf '%s\n' "$INIT_CONFIG" >"$SCRATCH/init.yaml"
export KUBECONFIG=/etc/kubernetes/admin.conf
# A name alone is nobody to the API server, and keeps kubectl from asking for one.
write_kubeconfig "$SCRATCH/anyone.conf" "$AUTHORITY" "username: anyone"
rm -f "$RECORD/joiner.conf" # of earlier versions

if ! is_control_plane; then
  step "find another control plane" && find_peer
  step "look at the certificate to join with" && write_identity "$SCRATCH/join.conf"
  # kubeadm asks by that name; this host has no answer yet.
  step "name the API server" && name_api "$(listed | sed --quiet "s/^$peer=//p")"
  step "kubeadm join" && join_cluster
elif [[ $(<"$RECORD/cluster") != "$FIXED" ]]; then
  refuse KK714 "these can't change on a running cluster (- as it is, + as configured); destroy it first, or set them back:
$(diff --unified=0 "$RECORD/cluster" - <<<"$FIXED" | grep '^[-+][^-+]')"
elif has_moved; then
  if [[ $CONTROL_PLANES != "$HOST=$ADDRESS" ]]; then
    step "find another control plane" && find_peer
    step "name the API server" && name_api "$(listed | sed --quiet "s/^$peer=//p")"
    step "take a snapshot of etcd" && take_snapshot "$peer"
    step "tell etcd the new address" && tell_etcd "$peer"
  fi
  step "stop the control plane" && stop_control_plane
  step "keep a copy of it" && keep_copy
  step "make certificates and manifests anew" && renew_control_plane
  step "move the kubelet to the new address" && move_kubelet
fi
step "name the API server" && name_api "$ADDRESS"
step "start the kubelet" && start_kubelet
step "wait for the API server" && wait_for_api
if has_moved; then
  step "tell etcd the new address" && tell_etcd "$HOST"
  step "tell kubeadm the new address" && kubeadm init phase upload-config kubeadm --config "$SCRATCH/init.yaml"
  step "move pods to the new address" && move_pods
fi
step "taint or untaint the control plane" && set_taint
step "take back what it joined by" && forget_admission
if [[ $IS_LAST == true ]]; then
  step "send control planes away that are not on the list" && send_others_away
  step "forget earlier versions' token" && forget_token
  step "forget earlier versions' certificate" && forget_joiner
else
  step "wait for its member of etcd" && wait_for_member
fi
step "write down what was applied" && keep_applied
