#!/usr/bin/env bash
# Takes the old keys from this host's API server, once all Secrets are stored by the new one. The first control plane stores them
# anew, and looks in etcd whether any is left.
# Follows etcd.sh and encryption.sh.
# Inputs: ADDRESS PROVIDER (secretbox, kms, or identity, which encrypts nothing) KEY_GENERATION (number of the key) KMS_SOCKET
# KMS_TIMEOUT (of the plug-in; empty where there is none)

# Leaves the new key, and `identity`, by which an API server reads what isn't encrypted. Looks in etcd even if nothing else is left,
# as it is where encryption is switched on.
drop_others() {
  local rest others
  rest=("$(providers "$SCRATCH/shared" | head --lines 1)")
  [[ $(id_of_each <<<"${rest[0]}") == "$(wanted)" ]] ||
    refuse KK974 "the control planes don't write by $(wanted) yet, since an earlier step was left out; run up without --target"
  [[ $(wanted) == identity ]] || rest+=('identity: {}')
  others=$(stored_otherwise)
  if [[ -z $others ]] && encryption_text "${rest[@]}" | cmp --quiet - "$SCRATCH/shared"; then return 0; fi
  wait_for_all
  store_anew
  share "$(encryption_text "${rest[@]}")"
}

# Stores all Secrets anew: the API server writes an unchanged one if it was read by another key than the first. A conflict
# is no error: whoever has changed a Secret meanwhile wrote it by the new key.
store_anew() {
  local left deadline=$((SECONDS + 300))
  while true; do
    left=$(stored_otherwise)
    [[ -n $left ]] || return 0
    ((SECONDS < deadline)) ||
      refuse KK975 "after five minutes these Secrets are still stored by an old key, or by none: $(head --lines 5 <<<"$left" | xargs). \
The end of $LOG there says why they can't be replaced: mostly an admission webhook refuses them. The old key stays; then run up again"
    kubectl get secrets --all-namespaces --output json | kubectl replace --filename - || sleep 2
  done
}

# Writes down the setting with which control-plane.sh compares, once the config doesn't manage the key any more.
note_setting() {
  local encrypted=true
  [[ $PROVIDER != identity ]] || encrypted=false
  { grep --invert-match '^encryptSecrets ' "$RECORD/cluster" && echo "encryptSecrets $encrypted"; } >"$SCRATCH/cluster"
  mv "$SCRATCH/cluster" "$RECORD/cluster"
}

begin_on_ours
export KUBECONFIG=/etc/kubernetes/admin.conf
step "wait for the API server" && wait_for_api
step "read which keys the control planes have" && read_shared
step "store all Secrets by the new key" && drop_others
step "give the keys to the API server" && give_to_api_server
step "write down the setting" && note_setting
