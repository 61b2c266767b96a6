#!/usr/bin/env bash
# Prints the public key that a host shows, `TYPE BASE64`. Trusts whatever machine answers, as `hostKey: learn` asks for. Waits
# half a minute for a host that is still booting.
# Inputs: HOST PORT
set -euo pipefail

if [[ -z $(command -v ssh-keyscan) ]]; then
  echo "ssh-keyscan is missing on this machine: install openssh-client, or set the host's key in place of \`learn\`" >&2
  exit 1
fi
deadline=$((SECONDS + 30))
until key=$(ssh-keyscan -T 5 -t ed25519 -p "$PORT" -- "$HOST" 2>/dev/null | grep --max-count=1 --only-matching 'ssh-ed25519 .*'); do
  if ((SECONDS >= deadline)); then
    echo "$HOST, port $PORT, shows no ed25519 host key: is that where its SSH server listens? [KK726]" >&2
    exit 1
  fi
  sleep 1
done
echo "$key"
