#!/usr/bin/env bash
# Records the host's state before this program, once and atomically; undo.sh restores it. Runs before prepare.sh each time, since an
# undo during which Pulumi was killed may have finished on the host.
# Inputs: ROLE POD_CIDR VOLUMES_PATH
# shellcheck disable=SC2154 # arrays of paths are in lib.sh

# Kernel parameters that kubeadm's checks, the kubelet, kube-proxy and Calico require or set.
sysctls=(net/ipv4/ip_forward net/bridge/bridge-nf-call-iptables net/bridge/bridge-nf-call-ip6tables
  net/ipv4/conf/all/rp_filter net/ipv4/conf/all/route_localnet net/ipv4/conf/all/arp_ignore
  net/netfilter/nf_conntrack_acct net/netfilter/nf_conntrack_max net/netfilter/nf_conntrack_tcp_timeout_established
  net/netfilter/nf_conntrack_tcp_timeout_close_wait net/netfilter/nf_conntrack_tcp_be_liberal
  vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops
  kernel/keys/root_maxkeys kernel/keys/root_maxbytes)

# Others' files that scripts, packages or a node may overwrite, or that the removal of packages may delete.
overwritten=(/etc/hostname /etc/containerd/config.toml "${registry_files[@]}" /var/lib/kubelet/{config.yaml,kubeadm-flags.env}
  /opt/cni/bin/*)

# Prints the configuration files of packages that somebody has removed without purging. If they are installed again as dependencies,
# the undo purges them.
configuration_left() {
  dpkg-query --show --showformat='${db:Status-Status}\n${Conffiles}\n' |
    awk '!/^ / {left = $0 == "config-files"} /^ / && left {print $1}'
}

# keep_contents TAR: archives these files, and the targets of links, since writing follows a link.
keep_contents() {
  local files path
  mapfile -t files < <(configuration_left)
  while IFS= read -r -d '' path; do
    printf '%s\0' "$path"
    [[ ! -L $path || ! -e $path ]] || realpath --zero "$path"
  done < <(existing "${overwritten[@]}" "${files[@]}") |
    tar --create --file="$1" --directory=/ --no-recursion --hard-dereference --ignore-failed-read --null --files-from=-
}

# follow_links FILE: replaces each watched folder by its real path, which the kernel lists mounts by, and writes names and paths to
# FILE, each ended by NUL.
follow_links() {
  local each path
  for each in "${!watched[@]}"; do
    IFS= read -r -d '' path < <(realpath --canonicalize-missing --zero -- "${watched[each]}")
    [[ $path == "${watched[each]}" ]] || printf '%s\0%s\0' "${watched[each]}" "$path"
    watched[each]=$path
  done >"$1"
}

write_record() {
  local new=$RECORD.new key
  rm -rf "$new"
  install -d -m 700 "$new"
  printf '%s\n' "$CLUSTER" >"$new/owner"
  printf '%s %s\n' "$HOST" "$ROLE" >"$new/node"
  printf '%s\n' "$POD_CIDR" >"$new/pod-cidr"
  printf '%s\n' "$VOLUMES_PATH" >"$new/volumes-path"
  watched+=("$VOLUMES_PATH")
  [[ $ROLE == worker ]] || watched+=("$etcd_folder")
  hostname >"$new/hostname"
  awk 'NR > 1 {print $1}' /proc/swaps >"$new/swaps"
  systemctl is-enabled swap.target >"$new/swap-target" || true
  systemctl is-enabled kubelet >"$new/kubelet" || true # somebody's, or kept from an earlier cluster
  for key in "${sysctls[@]}"; do
    [[ ! -r /proc/sys/$key ]] || printf '%s %s\n' "$key" "$(<"/proc/sys/$key")"
  done >"$new/sysctls"
  cut -d' ' -f1 /proc/modules >"$new/modules" || true # a kernel may be built without modules
  ls /sys/class/net >"$new/links"
  filter_tables >"$new/filter-tables"
  cut -d' ' -f2 /proc/mounts >"$new/mounts"
  dpkg --get-selections | awk '$2 == "hold" {print $1}' >"$new/held" # apt-mark would create a cache
  if command -v containerd; then
    # Somebody's containerd stays, with its configuration and data.
    ctr namespaces list --quiet >"$new/namespaces" || true
  else
    watched+=("${containerd_watched[@]}")
  fi
  follow_links "$new/followed"
  keep_contents "$new/before.tar"
  {
    find "${watched[@]}" -print0 2>/dev/null || true
    existing "${overwritten[@]}" "${shared[@]}" /opt/cni/bin/* /etc/cni/net.d/* "${package_caches[@]}" /var/lib/apt/extended_states
  } >"$new/paths-nul" # earlier versions wrote `paths`, a name a line
  stat --dereference --format='%a %n' "${watched[@]}" /var/lib/containerd 2>/dev/null >"$new/modes" || true
  sync "$new"/*
  mv "$new" "$RECORD"
}

begin
step "write down what is here"
if [[ ! -d $RECORD ]]; then
  write_record
elif ! is_ours; then
  refuse KK707 "this host belongs to $(<"$RECORD/owner"); destroy that first"
elif [[ $(<"$RECORD/volumes-path") != "$VOLUMES_PATH" ]]; then
  # The undo knows one folder only.
  refuse KK714 "storage.path can't change, the volumes of this host lie below $(dirname "$(<"$RECORD/volumes-path")"); set it back"
fi
