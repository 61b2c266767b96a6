# shellcheck shell=bash
# Flags and configuration of kubeadm that depend on the host, for all scripts that make, join, change or upgrade a node.
# Inputs: INIT_CONFIG (for `kubeadm init phase`)

# Prints the flag for cgroup 1 in a container; elsewhere nothing. A container has its machine's cgroups. There kubelet.sh lets the
# kubelet tolerate cgroup 1, which kubeadm's check refuses from 1.35 on. Other hosts are refused by the preflight (KK916).
# https://github.com/kubernetes/kubernetes/blob/v1.35.4/cmd/kubeadm/app/preflight/checks.go (SystemVerificationCheck)
ignored_errors() { ! in_container || has_cgroup_2 || echo --ignore-preflight-errors=SystemVerification; }

has_cgroup_2() { [[ -e /sys/fs/cgroup/cgroup.controllers ]]; }

# Prints INIT_CONFIG with the version that this control plane runs, if it runs one. The config's may be that of an upgrade that is yet
# to come, and upgrade.sh alone changes the version.
init_config() {
  local version
  version=$(sed --quiet 's,.*image: .*/kube-apiserver:,,p' /etc/kubernetes/manifests/kube-apiserver.yaml 2>/dev/null || true)
  sed "${version:+s,^kubernetesVersion: .*,kubernetesVersion: $version,}" <<<"$INIT_CONFIG"
}
