#!/usr/bin/env bash
# Generates the key that this host joins with, and requests a certificate for it. The key never leaves the host; join.sh or
# control-plane.sh removes it. Each run generates another key, since a host that asks again has lost its key, or let its
# certificate expire.
# Prints, as JSON, the request (PEM in base64), this machine's id, and the certificate authority (PEM in base64) of the cluster that
# the host is a node of (empty where it is none, or one whose kubelet can't log in any more).
# Follows kubelet-login.sh and node-request.sh.
# shellcheck disable=SC2154 # `join_key` is in lib.sh

begin_on_ours
step "look at what the host is"
machine_id=$(</etc/machine-id)
node_of=$(authority_joined)
[[ -z $node_of ]] || has_login || node_of=''
step "ask for a certificate" && make_request "$join_key"
result "{\"request\":\"$(base64 --wrap=0 "$SCRATCH/request")\",\"machineId\":\"$machine_id\",\"nodeOf\":\"$node_of\"}"
