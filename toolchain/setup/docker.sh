#!/usr/bin/env bash
# Makes a Docker daemon answer: leaves a running one alone, installs one on a root Debian that has none, starts it.
set -euo pipefail

answers() { docker version >/dev/null 2>&1; }

if answers; then exit; fi
here=$(dirname "$0")

# A client alone, as some machines have it, is not enough. Users' PATH may lack the daemon's folder.
if ! PATH="$PATH:/usr/sbin" command -v dockerd >/dev/null; then
  bash "$here/packages.sh" docker.io iptables
fi
if answers; then exit; fi

if [[ $EUID -ne 0 ]]; then
  echo 'No Docker daemon answers. Start it (sudo systemctl start docker), or join the group docker if it runs.' >&2
  exit 1
fi

if [[ -d /run/systemd/system ]]; then
  systemctl start docker
else
  rm -f /var/run/docker.pid # of a daemon that is gone: a running one would have answered
  setsid dockerd </dev/null >/var/log/dockerd.log 2>&1 &
fi

for ((seconds = 0; seconds < 60; seconds++)); do
  if answers; then exit; fi
  sleep 1
done
echo 'The Docker daemon did not answer within a minute. Its end of the log:' >&2
tail -n 20 /var/log/dockerd.log >&2 || true
exit 1
