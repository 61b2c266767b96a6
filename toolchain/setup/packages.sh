#!/usr/bin/env bash
# Installs Debian packages on a root Debian or Ubuntu; elsewhere, and for everybody else, says what to install instead.
# packages.sh PACKAGE…
set -euo pipefail

if [[ $EUID -ne 0 ]] || ! command -v apt-get >/dev/null; then
  printf 'These are missing, and only root on Debian or Ubuntu gets them installed by this script: %s\n' "$*" >&2
  printf 'Install them, for instance with: sudo apt-get install %s\n' "$*" >&2
  exit 1
fi

export DEBIAN_FRONTEND=noninteractive
apt-get -o DPkg::Lock::Timeout=300 update --quiet=2
apt-get -o DPkg::Lock::Timeout=300 install --yes --quiet=2 --no-install-recommends "$@"
