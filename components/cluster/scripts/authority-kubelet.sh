#!/usr/bin/env bash
# Has the certificates of this host's kubelet signed by the new authority. Until then the kubelet goes on with those that it has.
# Prints whether the host is a node.
# Follows authorities.sh and node-request.sh.
# Inputs: AUTHORITY_GENERATION (number of the authorities that the cluster should have) AUTHORITY (what the control planes trust, PEM
# in base64: the one that signs first)
# shellcheck disable=SC2154 # variables of authorities.sh

# request_certificate SIGNER USAGE: asks as the kubelet would that renews its certificate.
request_certificate() {
  local sent name uid
  sent=$(send_request "$1" "$2")
  read -r name uid <<<"$sent"
  signed_certificate "$name" "$uid" 300 | base64 --decode >"$SCRATCH/certificate" ||
    refuse KK966 "the kubelet's $2 certificate was not signed within five minutes; kubectl describe certificatesigningrequest $name says \
whether it was approved. The kubelet goes on with the one that it has; then run up again"
}

# sign_kubelet USAGE SIGNER [NAMES]: replaces the kubelet's certificate, client or server, by one of the new authority. The kubelet
# keeps it with the key behind it, in a file that a link names. A kubelet that signs its own serving certificate has no such link.
sign_kubelet() {
  local file current=$kubelet_pki/kubelet-$1-current.pem
  [[ -e $current ]] || return 0
  ! is_signed "$current" "$SCRATCH/bundle" || return 0
  make_request "$SCRATCH/key" "${3:-}"
  request_certificate "$2" "$1"
  is_signed "$SCRATCH/certificate" "$SCRATCH/bundle" ||
    refuse KK966 "the controller manager signs by the old authority: the authority-use step has not ended on all control planes. The \
kubelet goes on with its own certificate; run up without --target"
  file=$kubelet_pki/kubelet-$1-$(date -u +%F-%H-%M-%S).pem
  (umask 077 && cat "$SCRATCH/certificate" "$SCRATCH/key" >"$file")
  ln --symbolic --force "$file" "$current.new"
  mv --no-target-directory "$current.new" "$current"
}

# authority-drop.sh takes this pass as a sign that the new authorities sign on each control plane.
check_control_plane() {
  [[ ! -e $RECORD/cluster ]] || has_passed "$(noted_pass)" use ||
    refuse KK963 "the new authorities do not sign on this control plane, since its authority-use step was left out; run up without --target"
}

begin_on_ours
if is_node; then
  export KUBECONFIG=$node_config
  base64 --decode <<<"$AUTHORITY" >"$SCRATCH/bundle"
  step "look at the control plane" && check_control_plane
  step "sign the kubelet's certificate as a client" && sign_kubelet client kube-apiserver-client-kubelet
  step "sign the kubelet's certificate as a server" &&
    sign_kubelet server kubelet-serving "DNS:$HOST,IP:$(node_address)"
  step "restart the kubelet" && restart_outdated_kubelet
  step "write down how far this host is" && note_pass kubelet
else
  step "leave it to its join" && leave_to_join
fi
result "$(joined_or_not)"
