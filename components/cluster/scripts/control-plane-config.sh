#!/usr/bin/env bash
# Applies the cluster's settings to this control plane while it runs: files of the API server, and the manifests of static pods, as
# kubeadm writes them from its configuration. A pod restarts only if its manifest or its files have changed. On a control plane
# that was made with these settings, nothing changes.
# Follows control-plane-restart.sh and api-server-files.sh.
# Inputs: INIT_CONFIG (for `kubeadm init phase`) TELLS_KUBEADM (whether this control plane writes the settings into the cluster)
# shellcheck disable=SC2154 # `edited` is set by write_api_server_files; `encryption_config` and `etcd_folder` are in lib.sh

manifest=/etc/kubernetes/manifests/kube-apiserver.yaml

# A running API server has the keys of Secrets in memory. Without their file it wouldn't start again.
check_keys() {
  [[ -e $encryption_config ]] || ! grep --quiet -e --encryption-provider-config= "$manifest" ||
    refuse KK980 "$encryption_config is missing, without which the API server can't start again, and no Secret could be read; copy it \
from another control plane, or let the running API server print it: kubectl get secret kubeadm-kafka-encryption --namespace \
kube-system --output go-template='{{.data.config | base64decode}}'. The API server was not restarted"
}

# Prints INIT_CONFIG as it applies here: with the version that this control plane runs, which only upgrades change, and without
# encryption as long as there are no keys.
applicable_config() {
  local version without=none
  version=$(sed --quiet --regexp-extended 's/^ *image: .*:(v[0-9]+\.[0-9]+\.[0-9]+)$/\1/p' "$manifest")
  [[ -n $version ]]
  [[ -e $encryption_config ]] || without=encryption-provider-config
  awk -v version="$version" -v without="- name: $without" '
    /^kubernetesVersion: / {$0 = "kubernetesVersion: " version}
    index($0, without) {getline; next} # the value is in the next line
    {print}' <<<"$INIT_CONFIG"
}

# Restarts the API server if only its files have changed: somebody had edited them.
restart_for_files() {
  [[ -z $edited || $(observed file "$manifest") != "$1" ]] || restart_static_pod kube-apiserver
}

begin_on_ours
export KUBECONFIG=/etc/kubernetes/admin.conf
step "look for the keys of Secrets" && check_keys
step "look at the running version" && applicable_config >"$SCRATCH/init.yaml"
step "write what the API server reads" && write_api_server_files put
before=$(observed file "$manifest")
step "apply kubeadm's configuration" && apply_control_plane_config
step "restart the API server for its files" && restart_for_files "$before"
step "wait for the API server" && wait_for_api
# A disk of its own may be open to everybody. The undo restores its mode.
step "close etcd's data" && chmod 700 "$etcd_folder"
if [[ $TELLS_KUBEADM == true ]]; then
  # For control planes and workers that join later, and for upgrades.
  step "tell kubeadm" && kubeadm init phase upload-config all --config "$SCRATCH/init.yaml"
fi
step "write down what was applied" && keep_applied
