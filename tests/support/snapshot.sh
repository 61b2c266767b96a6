#!/usr/bin/env bash
# Prints a host's state, so that two snapshots can be compared line by line: files, packages, units, mounts, links, routes,
# firewall rules, sysctls, accounts. It omits what changes by itself: counters, times, process state.
set -euo pipefail

section() { sed "s|^|$1 |"; }
# Prints each NUL-terminated item on one line, since names may have newlines.
in_lines() { sort --zero-terminated | sed --null-data 's/\n/\\n/g' | tr '\0' '\n'; }

find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp \) -prune -o \
  ! -type d -printf '%p %y %m %u:%g %s %l\0' | in_lines | section file
find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp \) -prune -o \
  -type d -printf '%p %m %u:%g\0' | in_lines | section folder
find /etc -xdev -type f -exec sha256sum {} + | sort -k 2 | section content
find /var/lib/containerd -mindepth 1 -print0 | in_lines | section volume
dpkg-query --show --showformat '${Package} ${Version} ${db:Status-Abbrev}\n' | section package
systemctl list-unit-files --no-legend --no-pager | awk '{print $1, $2}' | sort | section unit
systemctl list-units --all --type service,socket,mount --state active --no-legend --no-pager --plain | awk '{print $1}' |
  grep -v -E '^(ssh@|user@|user-runtime-dir@|run-user|run-credentials-)' | sort | section active
awk '$2 !~ "^/run/credentials/" {print $2, $3}' /proc/self/mounts | sort | section mount
ip -o link | awk -F': ' '{print $2}' | sed 's/@.*//' | sort | section link
ip route show table all | sort | section route
ip rule | section rule
iptables-save | sed -e 's/\[[0-9:]*\]//' -e '/^#/d' | section iptables
if command -v nft >/dev/null; then nft list ruleset | sed 's/packets [0-9]* bytes [0-9]*//' | section nft; fi
if command -v ipset >/dev/null; then ipset list -name | section ipset; fi
sysctl -a 2>/dev/null | grep -E '^(net\.ipv4\.(ip_forward|conf\..*\.(rp_filter|forwarding))|net\.bridge|vm\.(overcommit|panic)|kernel\.(panic|keys))' | sort | section sysctl
section swap </proc/swaps
getent passwd | section account
getent group | section group
hostname | section hostname
