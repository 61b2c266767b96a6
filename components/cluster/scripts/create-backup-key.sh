#!/usr/bin/env bash
# Prints a new private key and its certificate, to which backups are encrypted. Runs where Pulumi runs. Pulumi keeps the key, encrypted,
# in the stack's state; no host ever has it, and nothing stays on this machine.
set -euo pipefail

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
openssl req -x509 -newkey rsa:3072 -nodes -days 36500 -subj "/CN=kubeadm-kafka backups" \
  -keyout "$directory/key" -out "$directory/certificate" 2>"$directory/errors" || { cat "$directory/errors" >&2 && exit 1; }
cat "$directory/key" "$directory/certificate"
