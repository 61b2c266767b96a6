#!/usr/bin/env bash
# Could this host become a node? Reads only. All that stands in the way is said at once, each with its remedy.
# Inputs: ROLE ADDRESS CONTROL_PLANES (NAME=ADDRESS …, for one of them) KUBERNETES_VERSION POD_CIDR SERVICE_CIDR
# MIN_MEMORY_MIB MIN_DISK_GIB PROXY (whether one will run here). Its second argument, at the first look only: what the clock
# said where Pulumi runs, before the login.
trap 'printf "%s: the preflight itself failed at: %s\n" "$HOST" "$BASH_COMMAND" >&2' ERR
findings=()
declare -A codes=([system]=KK701 [address]=KK702 [memory]=KK703 [cpu]=KK704 [disk]=KK705 [kernel]=KK706 [cluster]=KK707
  [package]=KK708 [port]=KK709 [network]=KK710 [etcd]=KK721 [move]=KK729
  [node]=KK732) # for docs/errors.md
found() { findings+=("$(printf '%-9s %s [%s]' "$1" "$2" "${codes[$1]}")"); }

check_system() {
  local os cards
  # shellcheck disable=SC1091
  os=$(. /etc/os-release && printf '%s %s' "$ID" "${VERSION_ID:-}")
  case $os in
  "debian 12" | "ubuntu 22.04" | "ubuntu 24.04") ;;
  *) found system "$os is not supported; take Debian 12, Ubuntu 22.04 or Ubuntu 24.04" ;;
  esac
  [[ -d /run/systemd/system ]] || found system "systemd is not running; boot the host with it"
  cards=$(ip -4 -brief address | awk '$1 != "lo" {sub(/@.*/, "", $1); $2 = ""; print}' | xargs)
  ip -4 -oneline address show to "$ADDRESS/32" | grep --quiet . ||
    found address "$ADDRESS is on none of its network cards ($cards); correct it in the configuration"
}

check_size() {
  local memory limit disk
  memory=$(awk '/^MemTotal:/ {print int($2 / 1024)}' /proc/meminfo)
  # A container's own limit: cgroups of version 2, or 1.
  limit=$(cat /sys/fs/cgroup/memory{.max,/memory.limit_in_bytes} 2>/dev/null || true)
  [[ ! $limit =~ ^[0-9]+$ ]] || ((memory < limit >> 20)) || memory=$((limit >> 20))
  ((memory >= MIN_MEMORY_MIB)) || found memory "$memory MiB, needs $MIN_MEMORY_MIB; give the machine more"
  [[ $ROLE == worker ]] || (($(nproc) >= 2)) || found cpu "1 core, a control plane needs 2; give the machine more"
  disk=$(df --output=avail -BG /var/lib | tr -dc '0-9\n' | tail -n 1)
  ((disk >= MIN_DISK_GIB)) || found disk "$disk GiB free for /var/lib, needs $MIN_DISK_GIB; free some or enlarge it"
}

check_kernel() {
  local remedy="install the distribution's full kernel (in a container: load it on the machine outside)"
  grep --quiet --word-regexp overlay /proc/filesystems || modprobe --dry-run --quiet overlay ||
    found kernel "no overlay file system; $remedy"
  [[ -d /proc/sys/net/bridge ]] || modprobe --dry-run --quiet br_netfilter || found kernel "no br_netfilter; $remedy"
  grep --quiet --word-regexp memory /sys/fs/cgroup/cgroup.controllers 2>/dev/null ||
    awk '$1 == "memory" && $4 == 1 {found = 1} END {exit !found}' /proc/cgroups ||
    found kernel "the memory cgroup is off; boot with cgroup_enable=memory"
}

check_others_cluster() {
  local file package version
  if [[ -f $RECORD/owner ]]; then
    found cluster "belongs to $(<"$RECORD/owner"), not to $CLUSTER; destroy that first, or take another host"
    return
  fi
  for file in /etc/kubernetes/{admin,kubelet}.conf /etc/kubernetes/manifests/*.yaml; do
    [[ -e $file ]] || continue
    found cluster "is a node of some other cluster ($file); if that is not needed: sudo kubeadm reset"
    break
  done
  [[ $ROLE == worker || ! -e /var/lib/etcd/member ]] ||
    found etcd "an etcd has its data here (/var/lib/etcd/member); if nobody needs it: sudo rm -r /var/lib/etcd/member"
  for package in kubelet kubeadm kubectl; do
    version=$(package_version "$package")
    [[ -z $version || $version == "$KUBERNETES_VERSION"-* ]] ||
      found package "$package $version is there, not $KUBERNETES_VERSION; sudo apt-mark unhold it and apt-get purge it"
  done
}

check_ports() {
  local port user socket ports=(10250 10256)
  [[ $ROLE == worker ]] || ports+=(6443 2379 2380 10257 10259)
  [[ $PROXY != true ]] || ports+=(6443)
  for port in "${ports[@]}"; do
    socket=$(ss --no-header --listening --tcp --numeric --processes "sport = :$port" | head -n 1)
    user=$(sed -n 's/.*users:((\("[^"]*"\),pid=\([0-9]*\).*/\1 (process \2)/p' <<<"$socket")
    [[ -z $socket ]] || found port "$port is taken by ${user:-someone}; stop it"
  done
}

check_ranges() {
  local range routes
  for range in "$POD_CIDR" "$SERVICE_CIDR"; do
    routes=$(
      ip -4 route show root "$range"
      ip -4 route show match "$range" | grep --invert-match '^default' || true
    )
    [[ -z $routes ]] || found network "$range is routed here already ($(head -n 1 <<<"$routes" | xargs)); choose another range"
  done
}

# Under another name or in another role it would be undone as the one that it was.
check_node() {
  local name role
  read -r name role <"$RECORD/node"
  [[ $name == "$HOST" && $role == "$ROLE" ]] || found node "is the $role $name of this cluster, not the $ROLE $HOST; set its \
name and role back, or take it off the list, run up, and list it anew"
}

# Another address of one of several control planes takes a majority of etcd's members, under the addresses that they have.
check_move() {
  local was name address
  was=$(node_address)
  [[ $ROLE == control-plane && -e $RECORD/cluster && $was != "$ADDRESS" ]] || return 0
  [[ $CONTROL_PLANES != "$HOST=$ADDRESS" ]] || return 0
  for address in $CONTROL_PLANES; do
    name=${address%%=*}
    [[ $name != "$HOST" ]] || continue
    ! kubectl --kubeconfig /etc/kubernetes/admin.conf --server "https://${address#*=}:6443" --request-timeout 5s \
      get --raw /readyz >/dev/null 2>&1 || return 0
  done
  found move "was at $was, and no other control plane answers ($CONTROL_PLANES), so etcd can't agree to $ADDRESS; set \
hosts.existing[].address of all control planes but one back, give these machines what it says, and change one at an up"
}

check_system
check_kernel
if is_ours; then
  check_node
  check_move
else
  check_size
  check_others_cluster
  check_ports
  check_ranges
fi

if ((${#findings[@]})); then
  printf '%s (%s) cannot become a node, nothing was touched on any host:\n' "$HOST" "$ADDRESS" >&2
  printf '  %s\n' "${findings[@]}" >&2
  exit 1
fi
card=$(ip -4 -oneline address show to "$ADDRESS/32" | awk 'NR == 1 {sub(/@.*/, "", $2); print $2}')
printf '{"machineId":"%s","mtu":%s,"clock":%s,"asked":%s}\n' \
  "$(</etc/machine-id)" "$(<"/sys/class/net/$card/mtu")" "$(date +%s)" "${2:-null}"
