#!/usr/bin/env bash
# Lets a host join: signs, on a control plane, the host's request for its node's certificate. HOST is a worker, or another control
# plane than the one that runs this.
# Prints, as JSON, the certificate (empty where the host needs none) and the cluster's certificate authority, both PEM in base64.
# Neither is secret: only the host has the private key.
# Follows nodes.sh, addresses.sh and node-request.sh.
# Inputs: ROLE ADDRESS (of HOST) and what request.sh printed: REQUEST, MACHINE_ID and NODE_OF
# shellcheck disable=SC2154 # `leaves_note` is in lib.sh

# Twelve hours. The certificate is public, and useless without the private key, which never leaves the host and is removed after the
# join. Pulumi keeps the certificate and doesn't know when it expires (KK770), so it lasts long enough for an `up` that failed in
# the evening and continues in the morning.
# A node needs it only to join: at its first start, the kubelet generates another key, and requests a certificate that lasts a year,
# the signer's default. The kubelet renews that one after 70 to 90 % of its lifetime, so that a host may be off for a month.
# https://github.com/kubernetes/kubernetes/blob/v1.34.4/pkg/kubelet/certificate/bootstrap/bootstrap.go (LoadClientConfig),
# staging/src/k8s.io/client-go/util/certificate/certificate_manager.go (jitteryDuration) and
# pkg/controller/certificates/signer/config/v1alpha1/defaults.go (ClusterSigningDuration) there.
certificate_seconds=43200

# This script's credential could sign a certificate for any node, so the request must be for HOST and nothing else. Of several requests
# openssl leaves the first.
check_request() {
  base64 --decode <<<"$REQUEST" >"$SCRATCH/sent"
  openssl req -in "$SCRATCH/sent" -out "$SCRATCH/request"
  is_request_of "$HOST" "$SCRATCH/request" ||
    refuse KK771 "its request for a certificate is not for CN=system:node:$HOST,O=system:nodes alone, so it was not signed. By openssl's \
reading it is for: $(described "$SCRATCH/request")"
}

# Prints NAME=MACHINE=ADDRESS of the Node of the worker's name; nothing where there is none.
find_node() {
  kubectl get node "$HOST" --ignore-not-found --output \
    jsonpath='{.metadata.name}={.status.nodeInfo.machineID}={.status.addresses[?(@.type=="InternalIP")].address}'
}

# Whether the kubelet has sent no heartbeat for most of a minute. A node that isn't ready for another reason is alive.
is_silent() {
  [[ $(kubectl get node "$HOST" --ignore-not-found --output jsonpath='{.status.conditions[?(@.type=="Ready")].status}') == Unknown ]]
}

# Prints when the kubelet last renewed its node's lease, as it does every ten seconds.
lease_renewed() {
  kubectl get lease "$HOST" --namespace kube-node-lease --ignore-not-found --output jsonpath='{.spec.renewTime}'
}

# Removes the Node of another machine under this name, with its labels and taints, once it is silent: a dead machine's Node looks
# alive for a minute. A node that lives is never removed, even at the worker's own address, since Pulumi may have kept the result of
# request.sh from a former machine.
remove_predecessor() {
  local node name machine address before now deadline=$((SECONDS + 120))
  before=$(lease_renewed)
  while true; do
    node=$(find_node)
    IFS='=' read -r name machine address <<<"$node"
    [[ -n $name && $machine != "$MACHINE_ID" ]] || return 0
    if is_silent; then break; fi
    now=$(lease_renewed)
    if [[ $now != "$before" ]] || ((SECONDS >= deadline)); then refuse_to_replace "$machine" "$address"; fi
    sleep 1
  done
  kubectl delete node "$HOST" --ignore-not-found
}

# refuse_to_replace MACHINE ADDRESS: refuses since a node of this name is alive there.
refuse_to_replace() {
  [[ $2 != "$ADDRESS" ]] ||
    refuse KK845 "its request for a certificate is from the machine with the id $MACHINE_ID, and the node of this name lives at its \
address $ADDRESS on the machine with the id $1; let the machine that is there now ask: bin/pulumi up --replace '**-$HOST-request'. \
The node was left as it is"
  refuse KK772 "the cluster has a node of this name that is alive on another machine (at $2, machine id $1; \
this one's is $MACHINE_ID); stop that machine, or give this one another name"
}

# Uncordons a node whose removal was taken back. A node that somebody else has cordoned lacks the annotation.
uncordon_if_leaving() {
  local leaves
  leaves=$(kubectl get node "$HOST" --ignore-not-found --output "jsonpath={.metadata.annotations['$leaves_note']}")
  [[ -n $leaves ]] || return 0
  kubectl uncordon "$HOST"
  kubectl annotate node "$HOST" "$leaves_note-"
}

# Whether HOST's API server serves the cluster. NODE_OF may be older than the host's join.
is_member() {
  ENDPOINT=$ADDRESS write_kubeconfig "$SCRATCH/anyone.conf" "$authority" "username: anyone"
  kubectl --kubeconfig "$SCRATCH/anyone.conf" --request-timeout 5s get --raw /readyz </dev/null
}

# Lets the node HOST read the certificates that control planes share, until control-plane.sh revokes that after the join. They are
# encrypted with a key that only control planes have.
let_read_shared() {
  kubectl apply --server-side --force-conflicts --field-manager kubeadm-kafka --filename - <<-OBJECTS
	apiVersion: rbac.authorization.k8s.io/v1
	kind: Role
	metadata: {name: "kubeadm-kafka:control-planes", namespace: kube-system}
	rules:
	  - {apiGroups: [""], resources: [secrets], resourceNames: [kubeadm-certs], verbs: [get]}
	  - {apiGroups: [""], resources: [configmaps], resourceNames: [kubeadm-config, kubelet-config, kube-proxy], verbs: [get]}
	---
	apiVersion: rbac.authorization.k8s.io/v1
	kind: RoleBinding
	metadata: {name: "kubeadm-kafka:joins:$HOST", namespace: kube-system}
	roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: "kubeadm-kafka:control-planes"}
	subjects:
	  - {apiGroup: rbac.authorization.k8s.io, kind: User, name: "system:node:$HOST"}
	OBJECTS
}

# Sets `certificate`.
sign_request() {
  local sent name uid
  sent=$(send_request kube-apiserver-client-kubelet client "$certificate_seconds")
  read -r name uid <<<"$sent"
  approve_request "$name" "$uid"
  certificate=$(signed_certificate "$name" "$uid" 60) || {
    kubectl describe certificatesigningrequest "$name"
    return 1
  }
  kubectl delete certificatesigningrequest "$name" --wait=false
}

begin_without_lock
export KUBECONFIG=/etc/kubernetes/admin.conf
authority='' certificate=''

if [[ $ROLE == worker ]]; then
  authority=$(base64 --wrap=0 /etc/kubernetes/pki/ca.crt)
  step "wait for the API server" && wait_for_api
  if [[ $NODE_OF != "$authority" ]]; then
    step "check the request" && check_request
    step "remove the Node of the machine before" && remove_predecessor
    step "sign the request" && sign_request
  fi
  step "list its address" && list_address "$HOST" "$ADDRESS"
  step "let pods come" && uncordon_if_leaving
elif [[ -e $RECORD/cluster ]]; then # otherwise HOST is the first control plane of a cluster that is being created
  authority=$(base64 --wrap=0 /etc/kubernetes/pki/ca.crt)
  step "look whether it is a member"
  if ! is_member; then
    step "wait for the API server" && wait_for_api
    step "check the request" && check_request
    step "list its address" && list_address "$HOST" "$ADDRESS"
    step "let it read what control planes share" && let_read_shared
    step "sign the request" && sign_request
  fi
fi
result "{\"certificate\":\"$certificate\",\"authority\":\"$authority\"}"
