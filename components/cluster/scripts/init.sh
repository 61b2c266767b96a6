#!/usr/bin/env bash
# Makes the cluster's first control plane, once in the cluster's life; a half-done attempt is cleared first. Prints, as
# JSON, what other control planes join with: the cluster's certificate authority, PEM in base64, and the key that unlocks
# the certificates that all of them share.
# Follows kubeadm.sh, api-server-files.sh and encryption.sh.
# Inputs: ADDRESS ENDPOINT KUBEADM_CONFIG FIXED (what can't change on a running cluster) ENCRYPT_SECRETS KEY_GENERATION (number of the
# key that encrypts Secrets; empty where the config doesn't manage it) AUTHORITY_GENERATION (number of the authorities; empty likewise)
# shellcheck disable=SC2154 # `encryption_config` is in lib.sh

# Writes the file to a folder that kubeadm mounts into the API server. Only Secrets are encrypted.
write_encryption_config() {
  if [[ $ENCRYPT_SECRETS == true ]]; then
    write_first_config "$(new_key "${KEY_GENERATION:-1}")" 'identity: {}'
  elif [[ -n $KEY_GENERATION ]]; then
    write_first_config 'identity: {}'
  fi
}

init_cluster() {
  local flags
  if [[ -e /etc/kubernetes/admin.conf || -d /var/lib/etcd/member || -n $(ls /etc/kubernetes/manifests) ]]; then
    kubeadm reset --force
  fi
  write_encryption_config
  write_api_server_files write
  mapfile -t flags < <(ignored_errors)
  kubeadm init --config "$SCRATCH/kubeadm.yaml" --upload-certs --skip-certificate-key-print --skip-token-print "${flags[@]}"
}

# Keeps kubeadm's Secret of certificates, which would expire after two hours, so that a control plane can join at any time. The Secret
# is encrypted with a key that isn't in the cluster.
let_control_planes_join() {
  kubectl patch secret kubeadm-certs --namespace kube-system --type merge --patch '{"metadata":{"ownerReferences":null}}'
  [[ -z $AUTHORITY_GENERATION ]] || kubectl get secret kubeadm-kafka-authorities --namespace kube-system ||
    kubectl create secret generic kubeadm-kafka-authorities --namespace kube-system \
      --from-literal="generation=$AUTHORITY_GENERATION"
  [[ $ENCRYPT_SECRETS == true || -n $KEY_GENERATION ]] || return 0
  # Only administrators can read this Secret, as control planes are. In etcd it is encrypted with its own key.
  kubectl get secret kubeadm-kafka-encryption --namespace kube-system ||
    kubectl create secret generic kubeadm-kafka-encryption --namespace kube-system --from-file="config=$encryption_config"
}

begin_on_ours
export KUBECONFIG=/etc/kubernetes/admin.conf
key=$RECORD/certificate-key
[[ -s $key ]] || (umask 077 && kubeadm certs certificate-key >"$key.new" && mv "$key.new" "$key")
# The first document is the InitConfiguration.
(umask 077 && printf 'certificateKey: %s\n%s\n' "$(<"$key")" "$KUBEADM_CONFIG" >"$SCRATCH/kubeadm.yaml")

step "name the API server" && name_api "$ADDRESS"
if [[ ! -e $RECORD/cluster ]]; then
  step "kubeadm init"
  init_cluster
  printf '%s\n' "$FIXED" >"$SCRATCH/cluster" && mv "$SCRATCH/cluster" "$RECORD/cluster"
fi
step "wait for the API server" && wait_for_api
step "let control planes join" && let_control_planes_join
result "{\"authority\":\"$(base64 --wrap=0 /etc/kubernetes/pki/ca.crt)\",\"certificateKey\":\"$(<"$key")\"}"
