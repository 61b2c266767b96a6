#!/usr/bin/env bash
# What a person would type to get from two bare hosts to a verified Kafka, in the best order and with no pause to think:
# both hosts prepared at once, init, join, apply everything, wait. The other half of the benchmark's comparison.
#   MASTER WORKER  addresses, reached as root with the key in the file KEY
#   MIRROR         base URL of packages and images
#   VERSION        of Kubernetes
#   MANIFESTS      folder of network.yaml, storage.yaml, kafka.yaml, verification.yaml
#   KUBECONFIG     file to write
# Prints when each phase begins: seconds, and its name.
set -euo pipefail

on() {
  ssh -i "$KEY" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR "root@$1" bash -euo pipefail -s
}

prepare() {
  on "$1" <<HOST >/dev/null 2>"$MANIFESTS/prepare-$2.log"
printf '%s\n' overlay br_netfilter >/etc/modules-load.d/k8s.conf
printf '%s\n' net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=1 net.bridge.bridge-nf-call-ip6tables=1 >/etc/sysctl.d/k8s.conf
sysctl --quiet --load /etc/sysctl.d/k8s.conf
echo "$1 $2" >>/etc/hosts
echo "$MASTER api.by-hand.internal" >>/etc/hosts
echo "deb [trusted=yes] $MIRROR/apt/ ./" >/etc/apt/sources.list.d/k8s.list
apt-get -qq update
DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends \
  containerd conntrack cri-tools ethtool socat kubelet=$VERSION-* kubeadm=$VERSION-* kubectl=$VERSION-*
apt-mark hold kubelet kubeadm kubectl
cat >/etc/containerd/config.toml <<TOML
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "\$(kubeadm config images list --kubernetes-version v$VERSION | grep /pause:)"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/opt/cni/bin"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "/etc/containerd/certs.d"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = true
TOML
for registry in docker.io quay.io registry.k8s.io; do
  mkdir -p /etc/containerd/certs.d/\$registry
  printf '%s\n' "[host.\"$MIRROR/v2/\$registry\"]" 'capabilities = ["pull", "resolve"]' 'override_path = true' >/etc/containerd/certs.d/\$registry/hosts.toml
done
systemctl restart containerd
ip -4 route show default | awk '{print "nameserver " \$3}' >/etc/kubernetes/resolv.conf
cat >/etc/kubernetes/kubeadm.yaml <<YAML
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
nodeRegistration: {name: $2, taints: []}
localAPIEndpoint: {advertiseAddress: $1}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v$VERSION
controlPlaneEndpoint: api.by-hand.internal:6443
apiServer: {certSANs: [$MASTER]}
networking: {podSubnet: 10.244.0.0/16, serviceSubnet: 10.96.0.0/12}
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
failSwapOn: false
failCgroupV1: false
resolvConf: /etc/kubernetes/resolv.conf
evictionHard: {memory.available: 100Mi, nodefs.available: 200Mi, imagefs.available: 200Mi}
imageGCHighThresholdPercent: 100
---
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
conntrack: {maxPerCore: 0}
YAML
HOST
}

phase() { printf '%s %s\n' "$EPOCHREALTIME" "$1"; }

phase prepare
prepare "$MASTER" master &
prepare "$WORKER" worker &
wait -n
wait -n

phase init
on "$MASTER" <<<"kubeadm init --config /etc/kubernetes/kubeadm.yaml" >"$MANIFESTS/init.log" 2>&1

phase join
on "$MASTER" <<<"sed s/api.by-hand.internal/$MASTER/ /etc/kubernetes/admin.conf" >"$KUBECONFIG"
on "$MASTER" <<<"kubeadm token create --print-join-command" | on "$WORKER" >"$MANIFESTS/join.log" 2>&1

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
