#!/usr/bin/env bash
# Takes the old authorities from this host, once the new ones have signed all certificates.
# Prints, on a control plane, the cluster's authority, PEM in base64.
# Follows turn.sh, control-plane-restart.sh, renewal.sh, authorities.sh and authority-exchange.sh.
# Inputs: ROLE AUTHORITY_GENERATION (number of the authorities that the cluster should have) VALIDITY (of certificates, such as
# 8760h0m0s), CERTIFICATE_KEY and UNJOINED (on a control plane: names of workers that were no nodes in the pass before) and AUTHORITY (for
# a worker: the cluster's, PEM in base64)
# shellcheck disable=SC2154 # variables of authorities.sh and authority-exchange.sh

# Whether this control plane trusts more than one authority, or the Secret has keys.
is_exchanging() {
  local name
  ! has_next || return 0
  for name in "${authorities[@]}"; do (($(certificates "$pki/$name.crt" | wc --lines) == 1)) || return 0; done
  return 1
}

# Refuses to take the new authorities for the old ones.
check_signers() {
  local name
  has_next || return 0
  for name in "${authorities[@]}"; do
    [[ $(first "$pki/$name.crt") == "$(first "$next/$name.crt")" ]] ||
      refuse KK963 "the new authorities do not sign on this control plane, since its authority-use step was left out; run up without --target"
  done
}

# All control planes have the keys, so the Secret loses them.
drop_keys() {
  has_next || return 0
  rm -r "$next"
  share_exchange
}

drop_old() {
  local name
  for name in "${authorities[@]}"; do
    first "$pki/$name.crt" | pem >"$SCRATCH/bundle"
    if [[ $name == ca ]]; then set_authority "$SCRATCH/bundle"; else replace "$pki/$name.crt" <"$SCRATCH/bundle"; fi
  done
}

# API servers write the authorities of clients into a ConfigMap, for other servers that ask for certificates, and take none out again.
forget_published() {
  local data
  data="\"client-ca-file\":\"$(quoted "$pki/ca.crt")\",\"requestheader-client-ca-file\":\"$(quoted "$pki/front-proxy-ca.crt")\""
  kubectl patch configmap extension-apiserver-authentication --namespace kube-system --type merge --patch "{\"data\":{$data}}"
}

# quoted FILE: prints a PEM file as the inside of a JSON string.
quoted() { awk '{printf "%s\\n", $0}' "$1"; }

begin_on_ours
if [[ $ROLE == worker ]]; then
  if is_node; then
    export KUBECONFIG=$node_config
    step "trust the new authority alone" && trust_on_worker "$AUTHORITY"
    step "write down how far this host is" && note_pass drop
  fi
else
  export KUBECONFIG=/etc/kubernetes/admin.conf
  step "wait for the API server" && wait_for_api
  step "read how far the exchange is" && write_renewal_config && read_exchange && require_generation
  if is_exchanging; then
    step "forget Nodes of hosts that are none" && forget_unjoined
    step "wait until all hosts have certificates of the new authorities" && require_pass kubelet && check_signers
    step "forget the keys" && drop_keys
    step "trust the new authorities alone" && drop_old
  fi
  restart_outdated
  step "take the old authorities from the cluster" && forget_published
  step "tell those that join" && tell_joining
  step "write down how far this host is" && note_pass drop
  result "$(authority_joined)"
fi
