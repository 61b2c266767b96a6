# shellcheck shell=bash
# Flags of kubeadm that depend on the host, for all scripts that make, join or upgrade a node.

# Prints the flag for cgroup 1 in a container; elsewhere nothing. A container has its machine's cgroups. There kubelet.sh lets the
# kubelet tolerate cgroup 1, which kubeadm's check refuses from 1.35 on. Other hosts are refused by the preflight (KK916).
# https://github.com/kubernetes/kubernetes/blob/v1.35.4/cmd/kubeadm/app/preflight/checks.go (SystemVerificationCheck)
ignored_errors() { ! in_container || has_cgroup_2 || echo --ignore-preflight-errors=SystemVerification; }

has_cgroup_2() { [[ -e /sys/fs/cgroup/cgroup.controllers ]]; }
