#!/usr/bin/env bash
# The commands that a person would type to upgrade a cluster's Kubernetes by one minor version, without a pause: as
# the documentation of kubeadm says, and with Kafka's gate before and after each drain, as docs/brokers.md says.
#   MASTER           NAME=ADDRESS of the only control plane
#   WORKERS          NAME=ADDRESS of each worker
#   VERSION          to upgrade to
#   KUBECONFIG LOGS  of the cluster, and a folder for the commands' output
#   KEY              file of the SSH key
# https://kubernetes.io/docs/tasks/administer-cluster/kubeadm/kubeadm-upgrade/
set -euo pipefail
# shellcheck source=tests/bench/by-hand-steps.sh
source "${BASH_SOURCE[0]%/*}/../../bench/by-hand-steps.sh"

# The kubelet's settings for hosts in containers, where kubeadm's check of cgroups fails as well.
ignored="--ignore-preflight-errors SystemVerification"
flags="--patches /var/lib/kubeadm-kafka/patches $ignored" # of commands that change a host

# ask_gate NODE before|after
ask_gate() {
  kubectl delete job gate --namespace kafka --ignore-not-found
  kubectl create job gate --namespace kafka --from cronjob/kafka-gate --dry-run=client --output yaml |
    kubectl set env --local --filename - NODE="$1" MOMENT="$2" --output yaml | kubectl create --filename -
  kubectl wait job/gate --namespace kafka --for condition=complete --timeout 30m
}

# upgrade NODE ADDRESS COMMAND…: the commands are kubeadm's.
upgrade() {
  local node=$1 address=$2
  shift 2
  on "$address" <<HOST
export DEBIAN_FRONTEND=noninteractive
apt-mark unhold kubeadm
apt-get -qq update
apt-get -qq install --yes --no-install-recommends kubeadm=$VERSION-*
apt-mark hold kubeadm
$(printf '%s\n' "$@")
HOST
  ask_gate "$node" before
  kubectl drain "$node" --ignore-daemonsets --delete-emptydir-data
  on "$address" <<HOST
export DEBIAN_FRONTEND=noninteractive
apt-mark unhold kubelet kubectl
apt-get -qq install --yes --no-install-recommends kubelet=$VERSION-* kubectl=$VERSION-*
apt-mark hold kubelet kubectl
export CONTAINER_RUNTIME_ENDPOINT=unix:///run/containerd/containerd.sock
containers() { crictl ps --quiet --name '^(etcd|kube-apiserver)\$'; }
before=\$(containers)
systemctl daemon-reload
systemctl restart kubelet
# A kubelet of another minor version makes static pods anew, shortly after its node is Ready.
for container in \$before; do
  for ((second = 0; second < 120; second++)); do ! containers | grep --quiet "\$container" && break || sleep 1; done
done
HOST
  timeout 300 bash -c 'until kubectl get --raw /readyz --request-timeout 5s; do sleep 1; done'
  kubectl wait node "$node" --for "jsonpath={.status.nodeInfo.kubeletVersion}=v$VERSION" --timeout 5m
  kubectl wait node "$node" --for condition=Ready --timeout 5m
  kubectl uncordon "$node"
  ask_gate "$node" after
}

exec >"$LOGS/upgrade-by-hand.log" 2>&1
upgrade "${MASTER%=*}" "${MASTER#*=}" "kubeadm upgrade plan v$VERSION $ignored" "kubeadm upgrade apply v$VERSION --yes $flags"
for worker in $WORKERS; do upgrade "${worker%=*}" "${worker#*=}" "kubeadm upgrade node $flags"; done
