#!/usr/bin/env bash
# Lets this host trust the new authorities beside the old ones. The first control plane that runs this makes them.
# Prints, on a control plane, the cluster's authorities that the host trusts, PEM in base64; on a worker, whether it is a node.
# Follows turn.sh, control-plane-restart.sh, renewal.sh, authorities.sh and authority-exchange.sh.
# Inputs: ROLE AUTHORITY_GENERATION (number of the authorities that the cluster should have) VALIDITY (of certificates, such as
# 8760h0m0s), CERTIFICATE_KEY (on a control plane) and AUTHORITY (for a worker: what control planes trust, PEM in base64)
# shellcheck disable=SC2034,SC2154 # variables of authorities.sh and authority-exchange.sh

# Makes new authorities, unless the cluster has those of that number.
make_next() {
  local phase
  ((AUTHORITY_GENERATION >= generation)) ||
    refuse KK961 "kubernetes.certificates.authorityGeneration is $AUTHORITY_GENERATION, and the cluster already has authorities \
$generation; those from before don't come back. Set at least $generation. Nothing was changed"
  ((AUTHORITY_GENERATION > generation)) || return 0
  ! has_next ||
    refuse KK962 "kubernetes.certificates.authorityGeneration is $AUTHORITY_GENERATION, while the exchange to authorities $generation has \
not ended. Set $generation, run up until it succeeds, and then set $AUTHORITY_GENERATION. Nothing was changed"
  config_for "$next" >"$SCRATCH/next.yaml"
  for phase in ca etcd-ca front-proxy-ca; do kubeadm init phase certs "$phase" --config "$SCRATCH/next.yaml"; done
  generation=$AUTHORITY_GENERATION trusted=''
  share_exchange
}

# The controller manager refuses to sign by a file with several certificates: control-plane-config.sh has given it another one.
check_signer() {
  grep --quiet -- "--cluster-signing-cert-file=$signer" /etc/kubernetes/manifests/kube-controller-manager.yaml ||
    refuse KK963 "the controller manager doesn't sign by $signer yet, since the control-plane-config step was left out; run up without \
--target"
}

trust_next() {
  local name file
  has_next || return 0
  check_signer
  for name in "${authorities[@]}"; do
    file=$SCRATCH/bundle
    { certificates "$pki/$name.crt" && certificates "$next/$name.crt"; } | pem >"$file"
    if [[ $name == ca ]]; then set_authority "$file"; else replace "$pki/$name.crt" <"$file"; fi
  done
}

begin_on_ours
if [[ $ROLE == worker ]]; then
  if is_node; then
    export KUBECONFIG=$node_config
    step "trust the authorities" && trust_on_worker "$AUTHORITY"
    step "write down how far this host is" && note_pass add
  else
    step "leave it to its join" && leave_to_join
  fi
  result "$(joined_or_not)"
else
  export KUBECONFIG=/etc/kubernetes/admin.conf
  step "wait for the API server" && wait_for_api
  step "read how far the exchange is" && write_renewal_config && read_exchange
  step "make new authorities" && make_next
  step "trust the authorities" && trust_next
  restart_outdated
  step "tell those that join" && tell_joining
  step "write down how far this host is" && note_pass add
  result "$(authority_joined)"
fi
