#!/usr/bin/env bash
# Renews certificates as the action `certificates` does, without any `up`: a timer on each control plane runs it. An annotation of the
# Node says why it failed.
# Follows turn.sh, control-plane-restart.sh, client-certificate.sh, kubelet-login.sh, serving-certificate.sh and renewal.sh.
# Inputs: VALIDITY RENEW_BEFORE

# end STATUS: reports a failure, whose message went to a file.
end() {
  local message
  finish "$1" || true # in a trap, `return` gives the status from before
  message=$(<"$errors")
  rm -f "$errors"
  [[ -n $message ]] || return 0
  printf '%s\n' "$message" >&5
  [[ -z $problem ]] || return 0
  problem=${message%%$'\n'*}
  mkdir -m 700 "$SCRATCH" # `finish` has removed it
  { write_renewal_config && report; } || true
  rm -rf "$SCRATCH"
}

begin_on_ours
errors=$RECORD/certificates-errors
exec 5>&4 4>"$errors"
trap 'end $?' EXIT
export KUBECONFIG=/etc/kubernetes/admin.conf

renew
step "look at kubelets' certificates" && look_at_kubelets
step "write down what was found"
if [[ -n $problem ]]; then
  report || true # the API server may be the problem
  refuse KK944 "$problem"
fi
report
