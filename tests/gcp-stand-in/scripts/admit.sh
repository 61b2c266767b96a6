#!/usr/bin/env bash
# What an instance's network card lets in: what the cloud's firewall allows and what belongs to connections that are open;
# the rest is dropped. And it takes packets for its load balancers' addresses as its own, as Google's guest agent sees to.
# Inputs: RULES (a line each, as iptables matches) FORWARDED (an address a line)
set -euo pipefail

{
  echo "*mangle"
  echo ":GCP-STAND-IN - [0:0]"
  echo "-A GCP-STAND-IN ! --in-interface eth0 --jump RETURN"
  echo "-A GCP-STAND-IN --match conntrack --ctstate ESTABLISHED,RELATED --jump RETURN"
  while read -r rule; do [[ -z $rule ]] || echo "-A GCP-STAND-IN $rule --jump RETURN"; done <<<"$RULES"
  echo "-A GCP-STAND-IN --jump DROP"
  echo "COMMIT"
} | iptables-restore --wait --noflush
iptables --wait --table mangle --check PREROUTING --jump GCP-STAND-IN 2>/dev/null ||
  iptables --wait --table mangle --insert PREROUTING --jump GCP-STAND-IN

# On this bridge the front ends answer for them; at Google nobody asks.
echo 1 >/proc/sys/net/ipv4/conf/eth0/arp_ignore
ip route flush table local proto 66
while read -r address; do
  [[ -z $address ]] || ip route add local "$address/32" dev eth0 proto 66
done <<<"$FORWARDED"
