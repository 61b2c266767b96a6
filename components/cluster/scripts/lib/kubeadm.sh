# shellcheck shell=bash
# Flags and configuration of kubeadm that depend on the host, for all scripts that make, join, change or upgrade a node.
# Inputs: INIT_CONFIG (for `kubeadm init phase`)
# shellcheck disable=SC2154 # `encryption_config` is in lib.sh

# Prints the flag for cgroup 1 in a container; elsewhere nothing. A container has its machine's cgroups. There kubelet.sh lets the
# kubelet tolerate cgroup 1, which kubeadm's check refuses from 1.35 on. Other hosts are refused by the preflight (KK916).
# https://github.com/kubernetes/kubernetes/blob/v1.35.4/cmd/kubeadm/app/preflight/checks.go (SystemVerificationCheck)
ignored_errors() { ! in_container || has_cgroup_2 || echo --ignore-preflight-errors=SystemVerification; }

has_cgroup_2() { [[ -e /sys/fs/cgroup/cgroup.controllers ]]; }

api_server_manifest=/etc/kubernetes/manifests/kube-apiserver.yaml

# Prints INIT_CONFIG as it applies to this control plane: with the version that runs here, without encryption as long as there are no
# keys, and without the authority of kubelets as long as it may not have signed all their certificates. An API server that runs with
# one of these flags keeps it: it must not start without keys, even if their file is gone.
init_config() {
  local without=()
  [[ -e $encryption_config ]] || runs_with encryption-provider-config ||
    without+=(encryption-provider-config{,-automatic-reload})
  [[ -n ${kubelets_are_signed:-} ]] || runs_with kubelet-certificate-authority || without+=(kubelet-certificate-authority)
  # The value is in the line after the flag's name.
  versioned_config |
    awk -v without=" ${without[*]} " '/- name: / && index(without, " " $3 " ") {getline; next} {print}'
}

# runs_with FLAG: whether this control plane's API server has it.
runs_with() { grep --quiet -e "--$1=" "$api_server_manifest" 2>/dev/null; }

# Prints INIT_CONFIG with the version that this control plane runs, if it runs one. The config's may be that of an upgrade that is yet
# to come, and upgrade.sh alone changes the version.
versioned_config() {
  local version
  version=$(sed --quiet 's,.*image: .*/kube-apiserver:,,p' "$api_server_manifest" 2>/dev/null || true)
  sed "${version:+s,^kubernetesVersion: .*,kubernetesVersion: $version,}" <<<"$INIT_CONFIG"
}
