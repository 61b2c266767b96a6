#!/usr/bin/env bash
# Prints a new SSH key, private and public. Pulumi keeps it, encrypted, in the stack's state; nothing stays on this machine.
# Inputs: TYPE (as ssh-keygen names it)
set -euo pipefail

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
ssh-keygen -q -t "$TYPE" -N '' -C kubeadm-kafka -f "$directory/key"
cat "$directory/key" "$directory/key.pub"
