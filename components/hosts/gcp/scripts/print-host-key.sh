#!/usr/bin/env bash
# Prints the machine's own public host key, made on it if it has none yet; its private half never leaves the machine.
set -euo pipefail
key=/etc/ssh/ssh_host_ed25519_key

[[ -s $key ]] || ssh-keygen -q -t ed25519 -N '' -C '' -f "$key"
systemctl reload ssh # so that it shows a new one
ssh-keygen -y -f "$key" | cut -d ' ' -f 1,2
