#!/usr/bin/env bash
# Prints an administrator's kubeconfig, in base64. Its certificate is signed anew each time, since the control plane's own one may end
# soon.
# Inputs: VALIDITY

# Needs neither an API server nor the network.
sign() {
  cat >"$SCRATCH/user.yaml" <<-CONFIG
	apiVersion: kubeadm.k8s.io/v1beta4
	kind: InitConfiguration
	localAPIEndpoint: {advertiseAddress: $(node_address)}
	nodeRegistration: {name: $HOST}
	---
	apiVersion: kubeadm.k8s.io/v1beta4
	kind: ClusterConfiguration
	kubernetesVersion: $(kubeadm version --output short)
	CONFIG
  (umask 077 && kubeadm kubeconfig user --config "$SCRATCH/user.yaml" --client-name kubeadm-kafka --org kubeadm:cluster-admins \
    --validity-period "$VALIDITY" >"$SCRATCH/user.conf")
}

begin_on_ours
step "sign the administrator's certificate" && sign
result "$(base64 --wrap=0 "$SCRATCH/user.conf")"
