# shellcheck shell=bash
# Makes a node with two pods, each in a network namespace, connected as Calico does it. For a shell in a network, mount and PID namespace
# of its own.
command -v nft >/dev/null || { echo "this test needs nft (Debian: nftables)" >&2 && exit 1; }
mount --types sysfs none /sys                 # of this namespace
(cd /proc/sys && echo 1 >net/ipv4/ip_forward) # of this namespace; unit tests may not run sysctl
ip link set lo up
ip link add eth0 type veth peer name eth1
ip address add 192.0.2.1/24 dev eth0
ip link set eth1 up
ip link set eth0 up

declare -A pod=() # process by number
for number in 1 2; do
  unshare --net sleep infinity &
  pod[$number]=$!
  until [[ $(readlink "/proc/${pod[$number]}/ns/net") != "$(readlink /proc/$$/ns/net)" ]]; do :; done
  ip link add "cali$number" type veth peer name eth0 netns "${pod[$number]}"
  ip link set "cali$number" up
  ip route add "10.244.0.$number" dev "cali$number"
  nsenter --net="/proc/${pod[$number]}/ns/net" bash -ec "ip link set lo up; ip link set eth0 up
    ip address add 10.244.0.$number/32 dev eth0; ip route add 169.254.1.1 dev eth0; ip route add default via 169.254.1.1
    ip neighbour add 169.254.1.1 dev eth0 lladdr $(<"/sys/class/net/cali$number/address") nud permanent"
done

# Felix accepts pods' packets in iptables' table.
nft -f - <<RULES
table ip filter {
  chain FORWARD {
    type filter hook forward priority filter; policy accept;
    iifname "cali*" accept
    oifname "cali*" accept
  }
}
RULES

# pods_connect WHEN: prints whether a connection between the pods gets through. A refused one does: nothing listens there.
pods_connect() {
  local output
  output=$(timeout 5 nsenter --net="/proc/${pod[1]}/ns/net" bash -c ': <>/dev/tcp/10.244.0.2/9092' 2>&1) || true
  if [[ $output == *refused* ]]; then echo "$1: open"; else echo "$1: closed"; fi
}
