#!/usr/bin/env bash
# Makes an instance's network card accept only packets that the cloud's firewall allows, and those of established connections. Routes
# the addresses of its load balancers to the instance itself, as Google's guest agent does.
# Inputs: RULES (a match for iptables per line) FORWARDED (an address per line)
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

# Only the front ends may answer ARP requests for those addresses on this bridge. In Google's network there are no such requests.
echo 1 >/proc/sys/net/ipv4/conf/eth0/arp_ignore
ip route flush table local proto 66
while read -r address; do
  [[ -z $address ]] || ip route add local "$address/32" dev eth0 proto 66
done <<<"$FORWARDED"
