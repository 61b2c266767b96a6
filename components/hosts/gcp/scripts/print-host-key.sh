#!/usr/bin/env bash
# Prints the machine's public host key, and generates a key if there is none. The private key never leaves the machine.
set -euo pipefail
key=/etc/ssh/ssh_host_ed25519_key

[[ -s $key ]] || ssh-keygen -q -t ed25519 -N '' -C '' -f "$key"
systemctl reload ssh # loads a new key
ssh-keygen -y -f "$key" | cut -d ' ' -f 1,2
