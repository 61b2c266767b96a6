# shellcheck shell=bash
# Signs certificates by which a client logs in to the API server, on a control plane. Needs neither an API server nor the network.

# sign_client FILE NAME VALIDITY [GROUP]: writes a kubeconfig with a new key and its certificate.
sign_client() {
  cat >"$SCRATCH/client.yaml" <<-CONFIG
	apiVersion: kubeadm.k8s.io/v1beta4
	kind: InitConfiguration
	localAPIEndpoint: {advertiseAddress: $(node_address)}
	nodeRegistration: {name: $HOST}
	---
	apiVersion: kubeadm.k8s.io/v1beta4
	kind: ClusterConfiguration
	kubernetesVersion: $(kubeadm version --output short)
	CONFIG
  (umask 077 && kubeadm kubeconfig user --config "$SCRATCH/client.yaml" --client-name "$2" ${4:+--org "$4"} \
    --validity-period "$3" >"$1")
}
