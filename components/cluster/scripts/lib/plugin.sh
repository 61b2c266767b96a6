# shellcheck shell=bash
# Looks for KMS plug-ins, by which an API server encrypts Secrets.

# sockets FILE: prints the socket of each plug-in in an EncryptionConfiguration.
sockets() { sed --quiet 's/^      - kms: .*endpoint: "unix:\/\/\([^"]*\)".*/\1/p' "$1"; }

# is_listening SOCKET: whether a program accepts connections there. Only the API server asks a plug-in whether it is well.
is_listening() { [[ $(ss --no-header --listening --unix) == *" $1 "* ]]; }
