#!/usr/bin/env bash
# The commands that a person would type to get from two bare hosts to a verified Kafka, in the best order and without a pause: prepare both
# hosts at once, init, join, apply everything, wait. The benchmark compares `pulumi up` with this.
#   MASTER WORKER  addresses, reached as root with the key in the file KEY
#   MIRROR         base URL of packages and images
#   MIRROR_KEY     fingerprint of the key of its packages
#   VERSION        of Kubernetes
#   MANIFESTS      folder of network.yaml, storage.yaml, kafka.yaml, verification.yaml
#   KUBECONFIG     file to write
# Prints a line when each phase begins: the time in seconds, and the phase's name.
set -euo pipefail
export MASTER MIRROR VERSION KEY ENDPOINT=api.by-hand.internal LOGS=$MANIFESTS
# shellcheck source=tests/bench/by-hand-steps.sh
source "${BASH_SOURCE[0]%/*}/by-hand-steps.sh"

phase() { printf '%s %s\n' "$EPOCHREALTIME" "$1"; }

phase prepare
prepare "$MASTER" master &
prepare "$WORKER" worker &
wait -n
wait -n

phase init
on "$MASTER" <<<"kubeadm init --config /etc/kubernetes/kubeadm.yaml" >"$LOGS/init.log" 2>&1

phase join
on "$MASTER" <<<"sed s/$ENDPOINT/$MASTER/ /etc/kubernetes/admin.conf" >"$KUBECONFIG"
join "$WORKER"

phase network
kubectl apply --server-side -f "$MANIFESTS/network.yaml" >/dev/null
kubectl --namespace kube-system rollout status daemonset/calico-node --timeout 5m >/dev/null
kubectl wait --for=condition=Ready nodes --all --timeout 5m >/dev/null

phase storage
kubectl apply --server-side -f "$MANIFESTS/storage.yaml" >/dev/null
kubectl --namespace local-path-storage rollout status deployment/local-path-provisioner --timeout 5m >/dev/null

phase kafka
kubectl apply --server-side -f "$MANIFESTS/kafka.yaml" >/dev/null
for condition in create condition=Ready; do
  kubectl --namespace kafka wait --for="$condition" pod/kafka-0 --timeout 5m >/dev/null
done

phase verification
kubectl apply --server-side -f "$MANIFESTS/verification.yaml" >/dev/null
kubectl --namespace kafka wait --for=condition=Complete job --all --timeout 5m >/dev/null
phase end
