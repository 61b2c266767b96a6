#!/usr/bin/env bash
# Lets this host's API server write Secrets by the new key, once every API server can read by it.
# Follows etcd.sh and encryption.sh.
# Inputs: ADDRESS PROVIDER (secretbox, kms, or identity, which encrypts nothing) KEY_GENERATION (number of the key) KMS_SOCKET
# KMS_TIMEOUT (of the plug-in; empty where there is none)

# Puts the key in front of the others.
put_first() {
  local first='' others=() provider id
  id=$(wanted)
  [[ $(ids "$SCRATCH/shared" | head --lines 1) != "$id" ]] || return 0
  while read -r provider; do
    if [[ $(id_of_each <<<"$provider") == "$id" ]]; then first=$provider; else others+=("$provider"); fi
  done < <(providers "$SCRATCH/shared")
  [[ -n $first ]] ||
    refuse KK974 "the control planes have no key $id yet, since an earlier step was left out; run up without --target"
  wait_for_all
  share "$(encryption_text "$first" "${others[@]}")"
}

begin_on_ours
export KUBECONFIG=/etc/kubernetes/admin.conf
step "wait for the API server" && wait_for_api
step "read which keys the control planes have" && read_shared
step "put the new key first" && put_first
step "give the keys to the API server" && give_to_api_server
