#!/usr/bin/env bash
# Applies the cluster's settings to this control plane while it runs: files of the API server, and the manifests of static pods, as
# kubeadm writes them from its configuration. A pod restarts only if its manifest or its files have changed. On a control plane
# that was made with these settings, nothing changes.
# Follows turn.sh, kubeadm.sh, control-plane-restart.sh, bootstrap-tokens.sh, api-server-files.sh and authorities.sh.
# Inputs: INIT_CONFIG (for `kubeadm init phase`) TELLS_KUBEADM (whether this control plane writes the settings into the cluster)
# shellcheck disable=SC2154 # `encryption_config` and `etcd_folder` are in lib.sh, `signer` in authorities.sh

# A running API server has the keys of Secrets in memory. Without their file it wouldn't start again.
check_keys() {
  [[ -e $encryption_config ]] || ! runs_with encryption-provider-config ||
    refuse KK980 "$encryption_config is missing, without which the API server can't start again, and no Secret could be read; copy it \
from another control plane, or let the running API server print it: kubectl get secret kubeadm-kafka-encryption --namespace \
kube-system --output go-template='{{.data.config | base64decode}}'. The API server was not restarted"
}

# Sets `kubelets_are_signed` if the cluster's authority has signed the certificate of each node's kubelet. If one doesn't answer, the
# API server isn't told to verify any: logs and exec must not fail on a node of an earlier version. New nodes have such a certificate
# when they join.
# shellcheck disable=SC2034 # kubeadm.sh uses `kubelets_are_signed`
look_at_kubelets() {
  local address addresses
  ! runs_with kubelet-certificate-authority || return 0
  addresses=$(kubectl get nodes --request-timeout 10s \
    --output jsonpath='{range .items[*]}{.status.addresses[?(@.type=="InternalIP")].address}{"\n"}{end}') || return 0
  [[ -n $addresses ]] || return 0
  for address in $addresses; do
    timeout 10 openssl s_client -connect "$address:10250" -CAfile /etc/kubernetes/pki/ca.crt -verify_return_error \
      -verify_ip "$address" </dev/null || return 0
  done
  kubelets_are_signed=yes
}

# Restarts the API server if it runs for longer than its files are there: somebody had edited them, or a run that wrote them died.
restart_for_files() {
  local started file
  started=$(start_of kube-apiserver)
  for file in "$api_server_files"/*.yaml; do
    if (($(date --reference "$file" +%s%N) <= started)); then continue; fi
    begin_turn
    restart_static_pod kube-apiserver
    return
  done
}

begin_on_ours
export KUBECONFIG=/etc/kubernetes/admin.conf
step "look for the keys of Secrets" && check_keys
step "look at kubelets' certificates" && look_at_kubelets
if [[ $INIT_CONFIG == *"$signer"* ]]; then
  step "write what the controller manager signs with" && write_signer
fi
step "look at what runs here" && init_config >"$SCRATCH/init.yaml"
step "write what the API server reads" && write_api_server_files put
step "apply kubeadm's configuration" && apply_control_plane_config
step "restart the API server for its files" && restart_for_files
step "wait for the API server" && wait_for_api
step "let the next control plane go on" && end_turn
# If the folder is a disk of its own, every user may be able to read it. The undo restores its mode.
step "let only root read etcd's data" && chmod 700 "$etcd_folder"
if [[ $TELLS_KUBEADM == true ]]; then
  # For control planes and workers that join later, and for upgrades.
  step "look at the rights of bootstrap tokens" && note_tokens
  step "tell kubeadm" && kubeadm init phase upload-config all --config "$SCRATCH/init.yaml"
  step "revoke the rights of bootstrap tokens" && revoke_tokens_again
fi
step "write down what was applied" && keep_applied
