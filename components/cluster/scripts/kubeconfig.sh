#!/usr/bin/env bash
# Prints the administrator's kubeconfig, in base64.

begin_on_ours
step "read the administrator's kubeconfig"
result "$(base64 --wrap=0 /etc/kubernetes/admin.conf)"
