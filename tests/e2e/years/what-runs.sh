#!/usr/bin/env bash
# Prints, on a node, what an upgrade would change: packages, manifests, the kubelet's start, and containers that must
# not restart.
set -euo pipefail
export CONTAINER_RUNTIME_ENDPOINT=unix:///run/containerd/containerd.sock

dpkg-query --show kubelet kubeadm kubectl cri-tools kubernetes-cni containerd
find /etc/kubernetes/manifests -type f -exec sha256sum {} + | sort
systemctl show kubelet --property ExecMainStartTimestampMonotonic
for name in etcd kube-apiserver kube-controller-manager kube-scheduler kafka; do
  crictl ps --quiet --name "^$name\$" | sed "s/^/$name /"
done
