#!/usr/bin/env bash
# Installs an independent Kafka client (librdkafka with Debian's Python) if it is missing, as root on Debian, and raises the
# kernel's limits for many hosts.
set -euo pipefail

# Container hosts share the machine's inotify instances. Linux allows a user 128, which are too few for five kubelets.
limit=/proc/sys/fs/inotify/max_user_instances
if [ "$(<"$limit")" -lt 1024 ]; then echo 1024 >"$limit" || echo "set $limit to 1024 for runs with many hosts" >&2; fi

python=/usr/bin/python3
if [ -x "$python" ] && "$python" -c 'import confluent_kafka' 2>/dev/null; then exit; fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "the end-to-end run needs $python with confluent_kafka: install python3-confluent-kafka" >&2
  exit 1
fi
apt-get -q update >/dev/null
DEBIAN_FRONTEND=noninteractive apt-get -q install --yes --no-install-recommends python3-confluent-kafka >/dev/null
