#!/usr/bin/env bash
# The key that signs the mirrors of this cache: OUT/secret.asc, which only this user may read. It is made once, and another cache has
# another one. An edit of this file makes a new key, which hosts take at their stack's next `up`.
set -euo pipefail
source toolchain/mirror/keyring.sh

gpg_batch --passphrase '' --quick-generate-key 'mirror of kubeadm-kafka' ed25519 sign never
umask 077
gpg_batch --armor --export-secret-keys >"$OUT/secret.asc"
