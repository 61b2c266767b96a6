#!/usr/bin/env bash
# Lets a worker join, from a control plane: signs the worker's own request, for that one node. HOST is the worker.
# Prints, as JSON: the certificate, empty where the worker is a node of this cluster already, and the cluster's certificate
# authority. Both are PEM in base64, and no secrets: the key is on the worker alone.
# Follows nodes.sh.
# Inputs: ADDRESS (the worker's) and what request.sh printed: REQUEST, MACHINE_ID and NODE_OF
# shellcheck disable=SC2154 # `leaves_note` is in lib.sh

# Enough for an `up` that goes on the next morning. The key goes as soon as the node has joined.
certificate_seconds=86400

# Whoever may sign for a node could sign for any: what the worker sent must be for itself and nothing else.
check_request() {
  local text attributes subject=CN=system:node:$HOST,O=system:nodes
  base64 --decode <<<"$REQUEST" >"$SCRATCH/request"
  text=$(openssl req -in "$SCRATCH/request" -noout -text -nameopt RFC2253)
  attributes=${text#*Attributes:} # names of the certificate, and whatever else may be asked for
  [[ $text == *" Subject: $subject"$'\n'* && $attributes =~ ^[[:space:]]+\(none\) ]] ||
    refuse KK771 "its request for a certificate is not for $subject alone, so it was not signed:
$(grep --extended-regexp --after-context 1 'Subject:|Requested Extensions:' <<<"$text")"
}

# NAME=MACHINE=ADDRESS of the Node that has the worker's name; nothing where there is none.
node_there() {
  kubectl get node "$HOST" --ignore-not-found --output \
    jsonpath='{.metadata.name}={.status.nodeInfo.machineID}={.status.addresses[?(@.type=="InternalIP")].address}'
}

# A Node that another machine has left behind goes, with its labels and taints. It looks alive for a minute after its end;
# where it had the worker's address, it can't be.
remove_predecessor() {
  local there name machine address deadline=$((SECONDS + 120))
  while true; do
    there=$(node_there)
    IFS='=' read -r name machine address <<<"$there"
    [[ -n $name && $machine != "$MACHINE_ID" ]] || return 0
    if [[ $address == "$ADDRESS" ]] || is_dead "$HOST"; then break; fi
    ((SECONDS < deadline)) ||
      refuse KK772 "the cluster has a node of this name that is alive on another machine (at $address, machine id $machine; \
this one's is $MACHINE_ID); stop that machine, or give this one another name"
    sleep 1
  done
  kubectl delete node "$HOST" --ignore-not-found
}

# It was about to leave when the config changed its mind.
stay() {
  local leaves
  leaves=$(kubectl get node "$HOST" --ignore-not-found --output "jsonpath={.metadata.annotations['$leaves_note']}")
  [[ -n $leaves ]] || return 0
  kubectl uncordon "$HOST"
  kubectl annotate node "$HOST" "$leaves_note-"
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
authority=$(base64 --wrap=0 /etc/kubernetes/pki/ca.crt)
certificate=

step "wait for the API server" && wait_for_api
if [[ $NODE_OF != "$authority" ]]; then
  step "check the request" && check_request
  step "remove the Node of the machine before" && remove_predecessor
  step "sign the request" && sign_request
fi
step "let pods come" && stay
result "{\"certificate\":\"$certificate\",\"authority\":\"$authority\"}"
