# shellcheck shell=bash
# Keeps the list of hosts' names and addresses as the config has them, in a ConfigMap that no kubelet can change. A kubelet may change
# the addresses of its Node, so approve-kubelets.sh compares with this list. Needs an administrator's KUBECONFIG.

addresses=kubeadm-kafka-addresses

# list_address NAME ADDRESS: enters a host. Each has a field manager of its own, so that hosts that join at once don't take each
# other's entry for their own former one.
list_address() {
  kubectl apply --server-side --force-conflicts --field-manager "kubeadm-kafka-$1" --filename - <<-LIST
	apiVersion: v1
	kind: ConfigMap
	metadata: {name: $addresses, namespace: kube-system}
	data: {"$1": "$2"}
	LIST
}

# unlist_address NAME
unlist_address() {
  local list
  list=$(kubectl get configmap "$addresses" --namespace kube-system --ignore-not-found --output name)
  [[ -z $list ]] || kubectl patch "$list" --namespace kube-system --type merge --patch "{\"data\":{\"$1\":null}}"
}
