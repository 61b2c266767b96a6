# shellcheck shell=bash
# A keyring of gpg's for one script, which leaves neither the keyring nor an agent behind. Sourced by recipes' scripts.

# An agent's socket lies in it, and its path may have 107 characters: WORK can be too long.
GNUPGHOME=$(mktemp --directory)
export GNUPGHOME
trap 'gpgconf --kill all; rm -rf "$GNUPGHOME"' EXIT

gpg_batch() { gpg --batch --quiet "$@"; }
