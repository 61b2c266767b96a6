#!/usr/bin/env bash
# Makes two nodes in network namespaces of their own, connected by VXLAN as Calico does it, with servers on the second node. Runs the
# commands FAULT on the second node, which break something, and then the script from standard input on the first.
# Usage: unshare --net --mount --pid --fork --kill-child --mount-proc bash twoNodes.sh FAULT KUBELET… <SCRIPT
set -euo pipefail
command -v nft >/dev/null || { echo "this test needs nft (Debian: nftables)" >&2 && exit 1; }
fault=$1
shift
mount --types sysfs none /sys # of this namespace
unshare --net sleep infinity &
there=$!
until [[ $(readlink "/proc/$there/ns/net") != "$(readlink /proc/$$/ns/net)" ]]; do :; done
at_second() { nsenter --net="/proc/$there/ns/net" "$@"; }

# card NUMBER: sets up the card, which sends each packet on its own, as on a cable.
card() {
  ip address add "192.0.2.$1/24" dev eth0
  ip link set eth0 gso_max_segs 1 up
  ip link set lo up
}
# tunnel NUMBER OTHER
tunnel() {
  ip link add vxlan.calico address "66:00:00:00:00:0$1" mtu 1450 type vxlan id 4096 dev eth0 local "192.0.2.$1" dstport 4789 nolearning
  ip address add "10.244.$1.0/32" dev vxlan.calico
  ip link set vxlan.calico gso_max_segs 1 up
  ip neighbour add "10.244.$2.0" dev vxlan.calico lladdr "66:00:00:00:00:0$2" nud permanent
  bridge fdb add "66:00:00:00:00:0$2" dev vxlan.calico dst "192.0.2.$2"
  ip route add "10.244.$2.0/26" via "10.244.$2.0" dev vxlan.calico onlink
}
ip link add eth0 type veth peer name eth0 netns "$there"
card 1
tunnel 1 2
at_second bash -ec "$(declare -f card tunnel); card 2; tunnel 2 1"

at_second "$@" </dev/null >&2 &
until at_second ss --no-header --listening --tcp 'sport = :10250' | grep . >/dev/null; do sleep 0.05; done
# shellcheck disable=SC2016 # for a shell of its own
at_second bash -ec 'at_first() { nsenter --net="/proc/1/ns/net" "$@"; }; eval "$1"' bash "$fault"
bash -s -- create
