#!/usr/bin/env bash
# Prints an administrator's kubeconfig, in base64. Its certificate is signed anew each time, since the control plane's own one may end
# soon.
# Follows client-certificate.sh.
# Inputs: VALIDITY

begin_on_ours
step "sign the administrator's certificate" && sign_client "$SCRATCH/user.conf" kubeadm-kafka "$VALIDITY" kubeadm:cluster-admins
result "$(base64 --wrap=0 "$SCRATCH/user.conf")"
