#!/usr/bin/env bash
# Renews the certificates of this control plane that end soon, and restarts the static pods that read them, one after the other.
# If they can't restart now, an annotation of the Node says why.
# Follows control-plane-restart.sh and renewal.sh.
# Inputs: ADDRESS VALIDITY RENEW_BEFORE

# Tells kubeadm, for the next control plane that joins and for upgrades, how long certificates are valid.
set_validity() {
  local config file=$SCRATCH/ClusterConfiguration
  config=$(kubectl get configmap kubeadm-config --namespace kube-system --output jsonpath='{.data.ClusterConfiguration}')
  { grep --invert-match '^certificateValidityPeriod:' <<<"$config" && echo "certificateValidityPeriod: $VALIDITY"; } >"$file"
  [[ $(sort "$file") != "$(sort <<<"$config")" ]] || return 0
  kubectl create configmap kubeadm-config --namespace kube-system --from-file="$file" --dry-run=client --output yaml |
    kubectl replace --filename -
}

begin_on_ours
export KUBECONFIG=/etc/kubernetes/admin.conf

renew
step "write down what was found"
if [[ -z $deferred ]]; then
  tell_node ''
  step "tell kubeadm how long certificates are valid" && set_validity
else
  tell_node "$deferred" || true # the API server may be the reason
fi
