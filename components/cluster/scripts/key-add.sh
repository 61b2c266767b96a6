#!/usr/bin/env bash
# Lets this host's API server read Secrets by the key that is to be used: the first control plane generates it. Restarts the API
# server once, if it doesn't reload its keys yet.
# Follows turn.sh, etcd.sh, kubeadm.sh, plugin.sh, encryption.sh and control-plane-restart.sh.
# Inputs: ADDRESS INIT_CONFIG (for `kubeadm init phase`) PROVIDER (secretbox, kms, or identity, which encrypts nothing) KEY_GENERATION
# (number of the key) KMS_SOCKET KMS_TIMEOUT (of the plug-in; empty where there is none)
# shellcheck disable=SC2154 # `encryption_config` is in lib.sh

# Refuses if the plug-in that is to be used doesn't run here.
look_for_plugin() {
  [[ $PROVIDER != kms ]] || is_listening "$KMS_SOCKET" ||
    refuse KK977 "no plug-in listens at $KMS_SOCKET (kubernetes.secretsEncryption.kms.socket); start it on every control plane. No key \
was changed on this host"
}

# Adds the provider behind the others, unless the control planes have it. Until key-use.sh, nothing is stored by it.
add_key() {
  local id provider newest
  id=$(wanted)
  case $PROVIDER in
  secretbox) provider=$(new_key "$KEY_GENERATION") ;;
  kms) provider=$(plugin) ;;
  identity) provider='identity: {}' ;;
  esac
  if ids "$SCRATCH/shared" | grep --quiet --line-regexp "$id"; then
    [[ $PROVIDER != kms ]] || refuse_to_move_plugin "$provider"
    return
  fi
  newest=$(ids "$SCRATCH/shared" | sed --quiet "s/^${id%"$KEY_GENERATION"}//p" | sort --numeric-sort | tail --lines 1)
  [[ $PROVIDER == identity ]] || ((KEY_GENERATION > ${newest:-0})) ||
    refuse KK971 "kubernetes.secretsEncryption.keyGeneration is $KEY_GENERATION, and the cluster already has key $newest; key \
$KEY_GENERATION is gone. Set at least $newest. No key was changed"
  share "$(cat "$SCRATCH/shared" && echo "      - $provider")"
}

# refuse_to_move_plugin PROVIDER: refuses to give the plug-in in use another socket or time limit: by the former one Secrets are read.
refuse_to_move_plugin() {
  providers "$SCRATCH/shared" | grep --line-regexp --fixed-strings -- "$1" ||
    refuse KK976 "Secrets are encrypted by the plug-in of key $KEY_GENERATION, which has other settings: \
$(providers "$SCRATCH/shared" | grep "^kms: .*kubeadm-kafka-$KEY_GENERATION,"). Set kubernetes.secretsEncryption.kms back. To change it, \
let provider secretbox replace it first"
}

# Sets the API server's flags, which clusters that were made without them lack, and mounts the plug-in's folder. The API server
# starts with the keys that it has had: a start with a file that it refuses would leave the host without one, while a reload keeps
# the former keys. The cluster's config comes first, so that a control plane that joins after an interruption gets the same.
start_reloading() {
  local manifest=/etc/kubernetes/manifests/kube-apiserver.yaml
  if grep --quiet -- '- --encryption-provider-config-automatic-reload=true' "$manifest"; then
    [[ $PROVIDER == kms ]] || return 0
    ! grep --quiet --line-regexp " *path: ${KMS_SOCKET%/*}" "$manifest" || return 0
  fi
  grep --quiet -- '- --encryption-provider-config=' "$manifest" || write_first_config 'identity: {}'
  init_config >"$SCRATCH/init.yaml"
  kubeadm init phase upload-config kubeadm --config "$SCRATCH/init.yaml"
  apply_control_plane_config
}

begin_on_ours
export KUBECONFIG=/etc/kubernetes/admin.conf
step "wait for the API server" && wait_for_api
step "look for the plug-in" && look_for_plugin
step "read which keys the control planes have" && read_shared
step "add the new key" && add_key
step "let the API server reload its keys" && start_reloading
step "let the next control plane go on" && end_turn
step "give the keys to the API server" && give_to_api_server
