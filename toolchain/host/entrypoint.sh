#!/bin/sh
# Makes a container into a host: a writable /sys with cgroups for systemd and the kubelet, shared mounts, /dev/kmsg;
# then systemd takes over as process 1.
set -eu

mount -o remount,rw /sys
for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/*; do
  # `bind` changes only this mount; without it the kernel refuses on cgroup v1. Entries that aren't mounts are passed over.
  mount -o remount,bind,rw "$hierarchy" 2>/dev/null || true
done
mount --make-rshared /
[ -e /dev/kmsg ] || mknod /dev/kmsg c 1 11

# Pod and service addresses mean something only inside the cluster. Until kube-proxy and Calico have their rules, packets
# to them would leave for whoever answers there outside; so what would leave this host's network card for them is refused.
# A translated packet is still seen with the card it had before, so it is judged where it really leaves.
for range in ${GUARDED_RANGES:-}; do
  note="kubeadm-kafka: never leaves the cluster"
  for chain in OUTPUT FORWARD; do
    iptables -A "$chain" -o eth0 -d "$range" -m conntrack ! --ctstate DNAT -m comment --comment "$note" -j REJECT
  done
  iptables -t mangle -A POSTROUTING -o eth0 -d "$range" -m comment --comment "$note" -j DROP
done

exec /sbin/init
