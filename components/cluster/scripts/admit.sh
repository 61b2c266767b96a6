#!/usr/bin/env bash
# Lets a host join, from a control plane: signs the host's own request, for that one node. HOST is a worker, or a control
# plane other than the one that this runs on.
# Prints, as JSON: the certificate, empty where the host needs none, and the cluster's certificate authority. Both are PEM in
# base64, and no secrets: the key is on the host alone.
# Follows nodes.sh.
# Inputs: ROLE ADDRESS (the host's) and what request.sh printed: REQUEST, MACHINE_ID and NODE_OF
# shellcheck disable=SC2154 # `leaves_note` is in lib.sh

# The certificate is the node's own identity and no bearer credential: it is public, and worth nothing without the key, which
# never leaves the host and is removed when the node has joined. Hours, and not minutes, are for an `up` that failed in the
# evening and goes on in the morning, since Pulumi keeps the certificate and doesn't know when it expires (KK770).
# No node depends on it later: the kubelet never takes it over, but asks by it for another one when it first starts, for a key
# of its own. That one is good for a year (the default of the signer, since the kubelet asks for no duration), and the kubelet
# renews it when 70 to 90 % of that are over: a host may be off for a month and comes back.
# See LoadClientConfig in https://github.com/kubernetes/kubernetes/blob/v1.34.4/pkg/kubelet/certificate/bootstrap/bootstrap.go,
# jitteryDuration in staging/src/k8s.io/client-go/util/certificate/certificate_manager.go, and ClusterSigningDuration in
# pkg/controller/certificates/signer/config/v1alpha1/defaults.go.
certificate_seconds=43200

# Whoever may sign for a node could sign for any: what the worker sent must be for itself and nothing else.
# The API server could read another request in the worker's text than openssl does: Go skips a PEM block that openssl takes. So
# REQUEST becomes what openssl has read and written anew, and that is checked.
check_request() {
  local text attributes subject=CN=system:node:$HOST,O=system:nodes request=$SCRATCH/request
  base64 --decode <<<"$REQUEST" >"$request.sent"
  openssl req -in "$request.sent" -out "$request"
  text=$(openssl req -in "$request" -noout -text -nameopt RFC2253)
  attributes=${text#*Attributes:} # names of the certificate, and whatever else may be asked for
  [[ $text == *" Subject: $subject"$'\n'* && $attributes =~ ^[[:space:]]+\(none\) ]] ||
    refuse KK771 "its request for a certificate is not for $subject alone, so it was not signed:
$(grep --extended-regexp --after-context 1 'Subject:|Requested Extensions:' <<<"$text")"
  REQUEST=$(base64 --wrap=0 "$request")
}

# NAME=MACHINE=ADDRESS of the Node that has the worker's name; nothing where there is none.
node_there() {
  kubectl get node "$HOST" --ignore-not-found --output \
    jsonpath='{.metadata.name}={.status.nodeInfo.machineID}={.status.addresses[?(@.type=="InternalIP")].address}'
}

# The control plane hasn't heard of its kubelet for most of a minute. One that isn't ready for another reason lives.
is_silent() {
  [[ $(kubectl get node "$HOST" --ignore-not-found --output jsonpath='{.status.conditions[?(@.type=="Ready")].status}') == Unknown ]]
}

# A kubelet renews its node's lease every ten seconds.
lease_renewed() {
  kubectl get lease "$HOST" --namespace kube-node-lease --ignore-not-found --output jsonpath='{.spec.renewTime}'
}

# A Node that another machine has left behind goes, with its labels and taints. It looks alive for a minute after its end. One
# that lives stays, also at the worker's own address: what request.sh said, which Pulumi keeps, may be of a former machine.
remove_predecessor() {
  local there name machine address before now deadline=$((SECONDS + 120))
  before=$(lease_renewed)
  while true; do
    there=$(node_there)
    IFS='=' read -r name machine address <<<"$there"
    [[ -n $name && $machine != "$MACHINE_ID" ]] || return 0
    if is_silent; then break; fi
    now=$(lease_renewed)
    if [[ $now != "$before" ]] || ((SECONDS >= deadline)); then refuse_to_replace "$machine" "$address"; fi
    sleep 1
  done
  kubectl delete node "$HOST" --ignore-not-found
}

# refuse_to_replace MACHINE ADDRESS: that the node lives on.
refuse_to_replace() {
  [[ $2 != "$ADDRESS" ]] ||
    refuse KK845 "its request for a certificate is from the machine with the id $MACHINE_ID, and the node of this name lives at its \
address $ADDRESS on the machine with the id $1; let the machine that is there now ask: bin/pulumi up --replace '**-$HOST-request'. \
The node was left as it is"
  refuse KK772 "the cluster has a node of this name that is alive on another machine (at $2, machine id $1; \
this one's is $MACHINE_ID); stop that machine, or give this one another name"
}

# It was about to leave when the config changed its mind. A node that somebody else has cordoned has no such note.
stay() {
  local leaves
  leaves=$(kubectl get node "$HOST" --ignore-not-found --output "jsonpath={.metadata.annotations['$leaves_note']}")
  [[ -n $leaves ]] || return 0
  kubectl uncordon "$HOST"
  kubectl annotate node "$HOST" "$leaves_note-"
}

# A control plane that serves is a member of the cluster. What its request says may be from before it joined.
is_member() {
  ENDPOINT=$ADDRESS write_kubeconfig "$SCRATCH/anyone.conf" "$authority" "username: anyone"
  kubectl --kubeconfig "$SCRATCH/anyone.conf" --request-timeout 5s get --raw /readyz </dev/null
}

# Until it has joined, the node HOST may read what control planes share, which is encrypted by a key that only control planes
# have. control-plane.sh takes that back there.
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
  local name deadline=$((SECONDS + 60))
  name=$(
    kubectl create --output name --filename - <<-REQUEST
	apiVersion: certificates.k8s.io/v1
	kind: CertificateSigningRequest
	metadata: {generateName: kubeadm-kafka-$HOST-}
	spec:
	  request: $REQUEST
	  signerName: kubernetes.io/kube-apiserver-client-kubelet
	  expirationSeconds: $certificate_seconds
	  usages: [digital signature, client auth]
	REQUEST
  )
  kubectl certificate approve "${name##*/}"
  until certificate=$(kubectl get "$name" --output jsonpath='{.status.certificate}') && [[ -n $certificate ]]; do
    if ((SECONDS >= deadline)); then
      kubectl describe "$name"
      return 1
    fi
    sleep 0.2
  done
  kubectl delete "$name" --wait=false
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
  step "let pods come" && stay
elif [[ -e $RECORD/cluster ]]; then # else the cluster is being made, and HOST is its first control plane
  authority=$(base64 --wrap=0 /etc/kubernetes/pki/ca.crt)
  step "look whether it is a member"
  if ! is_member; then
    step "wait for the API server" && wait_for_api
    step "check the request" && check_request
    step "let it read what control planes share" && let_read_shared
    step "sign the request" && sign_request
  fi
fi
result "{\"certificate\":\"$certificate\",\"authority\":\"$authority\"}"
