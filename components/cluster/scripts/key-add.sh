#!/usr/bin/env bash
# Lets this host's API server read Secrets by the key that is to be used: the first control plane generates it. Restarts the API
# server once, if it doesn't reload its keys yet.
# Follows etcd.sh, kubeadm.sh, encryption.sh and control-plane-restart.sh.
# Inputs: ADDRESS INIT_CONFIG (for `kubeadm init phase`) ENCRYPT_SECRETS KEY_GENERATION (number of the key)
# shellcheck disable=SC2154 # `encryption_config` is in lib.sh

# Adds the key behind the others, unless the control planes have it. Until key-use.sh, nothing is stored by it.
add_key() {
  local newest
  ! ids "$SCRATCH/shared" | grep --quiet --line-regexp "$(wanted)" || return 0
  newest=$(ids "$SCRATCH/shared" | sed --quiet 's/^k8s:enc:secretbox:v1://p' | sort --numeric-sort | tail --lines 1)
  if [[ $(wanted) == identity ]]; then
    share "$(cat "$SCRATCH/shared" && echo '      - identity: {}')"
  elif ((KEY_GENERATION > ${newest:-0})); then
    share "$(cat "$SCRATCH/shared" && echo "      - $(new_key "$KEY_GENERATION")")"
  else
    refuse KK971 "kubernetes.secretsEncryption.keyGeneration is $KEY_GENERATION, and the cluster already has key $newest; key \
$KEY_GENERATION is gone. Set at least $newest. No key was changed"
  fi
}

# Sets the API server's flags, which clusters that were made without them lack. The API server starts with the keys that it has had: a
# start with a file that it refuses would leave the host without one, while a reload keeps the former keys. The cluster's config
# comes first, so that a control plane that joins after an interruption gets the flags as well.
start_reloading() {
  local manifest=/etc/kubernetes/manifests/kube-apiserver.yaml
  ! grep --quiet -- '- --encryption-provider-config-automatic-reload=true' "$manifest" || return 0
  grep --quiet -- '- --encryption-provider-config=' "$manifest" || write_first_config 'identity: {}'
  init_config >"$SCRATCH/init.yaml"
  kubeadm init phase upload-config kubeadm --config "$SCRATCH/init.yaml"
  apply_control_plane_config
}

begin_on_ours
export KUBECONFIG=/etc/kubernetes/admin.conf
step "wait for the API server" && wait_for_api
step "read which keys the control planes have" && read_shared
step "add the new key" && add_key
step "let the API server reload its keys" && start_reloading
step "give the keys to the API server" && give_to_api_server
