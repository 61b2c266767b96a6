#!/usr/bin/env bash
# Checks whether this host can become a node, and changes nothing. Prints all reasons against it together, each with its remedy.
# Follows packet-filter.sh, kubeadm.sh, plugin.sh and upgrade-room.sh.
# Inputs: ROLE ADDRESS CONTROL_PLANES (NAME=ADDRESS …, for a control plane) KUBERNETES_VERSION POD_CIDR SERVICE_CIDR
# POD_NETWORK_MODULE (the kernel module of its encapsulation, or empty) POD_NETWORK_PORTS ("udp 4789" or "ipip", one a line)
# EVICTION_HARD (SIGNAL=LIMIT …, from the config for this host's kubelet) VOLUMES_PATH MIN_MEMORY_MIB MIN_DISK_GIB PROXY (whether a
# proxy will run here) MIRROR (its URL, unset for upstream) MIRROR_KEY (the fingerprint of its key) KMS_SOCKET (of the plug-in that is
# to encrypt Secrets, or empty). The second argument, at the first run only, is the time where Pulumi runs, before the login.
# shellcheck disable=SC2154 # arrays of paths are in lib.sh
trap 'printf "%s: the preflight itself failed at: %s\n" "$HOST" "$BASH_COMMAND" >&2' ERR
findings=()
closed='' # ports at which its packet filter drops other hosts' packets, as elements of a JSON list
declare -A codes=([system]=KK701 [address]=KK702 [memory]=KK703 [cpu]=KK704 [disk]=KK705 [kernel]=KK706 [cluster]=KK707
  [package]=KK708 [port]=KK709 [network]=KK710 [etcd]=KK721 [move]=KK729 [node]=KK732
  [cni]=KK740 [left]=KK740 [kmsg]=KK741 [route]=KK742 [pressure]=KK743 [volumes]=KK744 [names]=KK745 [filter]=KK746
  [link]=KK747 [access]=KK748 [rules]=KK749 [upgrade]=KK915 [cgroup]=KK916 [runtime]=KK917
  [release]=KK918 [mirror]=KK504 [reach]=KK505 [signature]=KK590 [plugin]=KK977) # for docs/errors.md
found() { findings+=("$(printf '%-9s %s [%s]' "$1" "$2" "${codes[$1]}")"); }

check_system() {
  local os cards
  # shellcheck disable=SC1091
  os=$(. /etc/os-release && printf '%s %s' "$ID" "${VERSION_ID:-}")
  case $os in
  "debian 12" | "debian 13" | "ubuntu 22.04" | "ubuntu 24.04") ;;
  *) found system "$os is not supported; take Debian 12 or 13, or Ubuntu 22.04 or 24.04" ;;
  esac
  [[ -d /run/systemd/system ]] || found system "systemd is not running; boot the host with it"
  cards=$(ip -4 -brief address | awk '$1 != "lo" {sub(/@.*/, "", $1); $2 = ""; print}' | xargs)
  ip -4 -oneline address show to "$ADDRESS/32" | grep --quiet . ||
    found address "$ADDRESS is on none of its network cards ($cards); correct it in the configuration"
}

check_size() {
  local memory limit disk
  memory=$(awk '/^MemTotal:/ {print int($2 / 1024)}' /proc/meminfo)
  # A container's memory limit, in cgroups of version 2 or 1.
  limit=$(cat /sys/fs/cgroup/memory{.max,/memory.limit_in_bytes} 2>/dev/null || true)
  [[ ! $limit =~ ^[0-9]+$ ]] || ((memory < limit >> 20)) || memory=$((limit >> 20))
  ((memory >= MIN_MEMORY_MIB)) || found memory "$memory MiB, needs $MIN_MEMORY_MIB; give the machine more"
  [[ $ROLE == worker ]] || (($(nproc) >= 2)) || found cpu "1 core, a control plane needs 2; give the machine more"
  disk=$(df --output=avail -BG /var/lib | tr -dc '0-9\n' | tail -n 1)
  ((disk >= MIN_DISK_GIB)) || found disk "$disk GiB free for /var/lib, needs $MIN_DISK_GIB; free some or enlarge it"
}

# place_of FOLDER: prints the folder, or the nearest one above it that exists.
place_of() {
  local folder=$1
  until [[ -d $folder ]]; do
    folder=${folder%/*}
    folder=${folder:-/}
  done
  printf '%s' "$folder"
}

# short_of SIGNAL FOLDER LIMIT: prints "FREE of TOTAL" where less than the limit is free for the folder; otherwise nothing. A file
# system that counts no inodes has 0 of 0.
short_of() {
  local columns=avail,size
  [[ $1 != *.inodesFree ]] || columns=iavail,itotal
  df --block-size=1 --output="$columns" "$(place_of "$2")" | awk -v signal="$1" -v limit="$3" '
    {free = $1; total = $2}
    END {
      unit = limit
      gsub(/[^KMGT]/, "", unit)
      least = limit ~ /%$/ ? total * limit / 100 : limit * 1024 ^ (unit == "" ? 0 : index("KMGT", unit))
      if (free >= least) exit
      if (signal ~ /inodesFree/) printf "%.0f of %.0f inodes", free, total
      else printf "%.1f of %.1f GiB", free / 1024 ^ 3, total / 1024 ^ 3
    }'
}

# Finds limits at which the kubelet would evict pods from its first minute on. In a container, kubelet.sh sets them, and the config's
# limits are added. Elsewhere they are the kubelet's defaults, which any limit of the config replaces.
# https://github.com/kubernetes/kubernetes/blob/v1.34.4/pkg/kubelet/eviction/defaults_linux.go
check_pressure() {
  local -A limits=() folders=([nodefs]=/var/lib/kubelet [imagefs]=/var/lib/containerd)
  local signal folder limit short
  if in_container; then
    limits=([nodefs.available]=200Mi [imagefs.available]=200Mi)
  elif [[ -z $EVICTION_HARD ]]; then
    limits=([nodefs.available]=10% [nodefs.inodesFree]=5% [imagefs.available]=15% [imagefs.inodesFree]=5%)
  fi
  for limit in $EVICTION_HARD; do limits[${limit%%=*}]=${limit#*=}; done
  for signal in {nodefs,imagefs}.{available,inodesFree}; do
    limit=${limits[$signal]:-}
    [[ -n $limit ]] || continue
    folder=${folders[${signal%.*}]}
    short=$(short_of "$signal" "$folder" "$limit")
    [[ -z $short ]] || found pressure "$short free for $folder, and below $limit ($signal) the kubelet evicts pods; free some, \
or set the host's kubelet.evictionHard"
  done
}

# Volumes in the folder are open to every user, since Kafka isn't root, so that the folder itself must be closed.
check_access() {
  [[ ! -d $VOLUMES_PATH || -z $(find -H "$VOLUMES_PATH" -maxdepth 0 -perm /o+rwx) ]] ||
    found access "$VOLUMES_PATH, the folder for volumes, is there and open to every user; close it: sudo chmod 700 $VOLUMES_PATH"
}

# The kubelet doesn't watch a disk that holds only volumes. The first segment of a Kafka log takes up to a GiB.
check_volumes() {
  local folder type short
  folder=$(place_of "$VOLUMES_PATH")
  type=$(stat --file-system --format=%T "$folder")
  [[ $type != tmpfs && $type != ramfs ]] ||
    found volumes "$folder is in memory ($type), so volumes would be lost at a boot; set storage.path to a folder on a disk"
  [[ -w $folder ]] || found volumes "$folder is read-only; mount it for writing, or set storage.path to another folder"
  [[ $(stat --format=%d "$folder") != "$(stat --format=%d /var/lib)" ]] || return 0
  short=$(short_of available "$folder" 1Gi)
  [[ -z $short ]] || found volumes "$short free for volumes in $folder, needs 1; free some, or set storage.path to another folder"
}

check_kernel() {
  local remedy="install the distribution's full kernel (in a container: load it on the machine outside)"
  grep --quiet --word-regexp overlay /proc/filesystems || modprobe --dry-run --quiet overlay ||
    found kernel "no overlay file system; $remedy"
  [[ -d /proc/sys/net/bridge ]] || modprobe --dry-run --quiet br_netfilter || found kernel "no br_netfilter; $remedy"
  grep --quiet --word-regexp memory /sys/fs/cgroup/cgroup.controllers 2>/dev/null ||
    awk '$1 == "memory" && $4 == 1 {found = 1} END {exit !found}' /proc/cgroups ||
    found kernel "the memory cgroup is off; boot with cgroup_enable=memory"
  has_encapsulation || found kernel "no $POD_NETWORK_MODULE, which network.encapsulation needs; set another one, or $remedy"
  [[ -e /dev/kmsg ]] || found kmsg "no /dev/kmsg, without which the kubelet doesn't start; link it to the console: \
echo 'L /dev/kmsg - - - - /dev/console' | sudo tee /etc/tmpfiles.d/kmsg.conf && sudo systemd-tmpfiles --create"
}

# What the wanted Kubernetes needs of the machine, and an older one didn't.
# https://github.com/kubernetes/system-validators/blob/v1.12.1/validators/types_unix.go for the kernels that kubeadm supports
check_release() {
  local minor kernel containerd
  minor=${KUBERNETES_VERSION#*.}
  minor=${minor%%.*}
  ((minor >= 35)) || return 0
  has_cgroup_2 || in_container ||
    found cgroup "has cgroup 1, with which the kubelet of Kubernetes $KUBERNETES_VERSION doesn't start; boot with cgroup 2: add \
systemd.unified_cgroup_hierarchy=1 to GRUB_CMDLINE_LINUX in /etc/default/grub, then sudo update-grub && sudo reboot"
  kernel=$(uname -r)
  [[ $kernel =~ ^(5\.(4|10|15)|([6-9]|[1-9][0-9]+)\.[0-9]+)\. ]] || [[ -n $(ignored_errors) ]] ||
    found release "kernel $kernel is none that kubeadm of $KUBERNETES_VERSION supports (5.4, 5.10, 5.15, 6.0 and newer); install one of \
the distribution's, and boot it"
  containerd=$(containerd --version 2>/dev/null | grep --only-matching --extended-regexp '\b[0-9]+\.[0-9]+\.[0-9]+' | head -n 1 || true)
  ((minor < 38)) || [[ -z $containerd || ${containerd%%.*} -ge 2 ]] ||
    found runtime "containerd $containerd lacks what the kubelet of Kubernetes $KUBERNETES_VERSION asks for; install containerd 2"
}

# On a node of another version. 1 GiB is for packages and images, which prepare.sh downloads.
check_room_for_upgrade() {
  local here lack free disk required
  here=$(package_version kubelet)
  [[ -e /etc/kubernetes/kubelet.conf && -n $here && $here != "$KUBERNETES_VERSION"-* ]] || return 0
  lack=$(lacking_room 1024)
  [[ -n $lack ]] || return 0
  while read -r free disk required; do
    found upgrade "$free MiB free on the disk at $disk, and its upgrade from ${here%-*} needs $required; free some or enlarge the disk"
  done <<<"$lack"
}

# Whether the module is loaded, can be loaded, or is built in. A built-in module may have no folder, but it has kernel symbols.
has_encapsulation() {
  [[ -z $POD_NETWORK_MODULE || -d /sys/module/$POD_NETWORK_MODULE ]] ||
    modprobe --dry-run --quiet "$POD_NETWORK_MODULE" ||
    grep --quiet --extended-regexp " ${POD_NETWORK_MODULE}(_tunnel)?_setup\b" /proc/kallsyms
}

# Finds kernel parameters that the next boot would set back: `sysctl --system` reads /etc/sysctl.conf last, whatever the names of other
# files, and systemd reads all files by their names. Strict filtering of source addresses (1) would be fine as well.
check_parameters() {
  local file key value other later=(/etc/sysctl.conf)
  for file in /etc/sysctl.d/*.conf /run/sysctl.d/*.conf /usr/local/lib/sysctl.d/*.conf /usr/lib/sysctl.d/*.conf; do
    [[ ! ${file##*/} > ${sysctl_file##*/} ]] || later+=("$file")
  done
  while IFS=' =' read -r key value; do
    for file in "${later[@]}"; do
      other=$(parameter_in "$file" "$key")
      [[ -z $other || $other == "$value" || $key == *.rp_filter && $other != 2 ]] ||
        found kernel "$key is $other in $file, which a boot applies after this program's file; it must be $value: remove that line"
    done
  done <<<"$parameters"
}

# parameter_in FILE KEY: prints the value that the file sets; nothing where it sets none. A dot may be a slash there.
parameter_in() {
  awk -F = -v key="$2" '
    { name = $1; gsub(/^[ \t]*-?|[ \t]+$/, "", name); gsub("/", ".", name) }
    name == key && NF > 1 { value = $2; gsub(/[ \t\r]/, "", value) }
    END { if (value != "") print value }' "$1" 2>/dev/null || true
}

check_others_cluster() {
  local file package version data
  if [[ -f $RECORD/owner ]]; then
    found cluster "belongs to $(<"$RECORD/owner"), not to $CLUSTER; destroy that first, or take another host"
    return
  fi
  for file in /etc/kubernetes/{admin,kubelet,bootstrap-kubelet}.conf /etc/kubernetes/{pki/ca.crt,manifests/*.yaml}; do
    [[ -e $file ]] || continue
    found cluster "is a node of some other cluster ($file); if that is not needed: sudo kubeadm reset"
    break
  done
  # A disk of its own has lost+found, which kubeadm tolerates by kubeadmConfig.ts.
  data=$(find -H /var/lib/etcd -mindepth 1 -maxdepth 1 ! -name lost+found -print0 -quit 2>/dev/null |
    xargs --null --no-run-if-empty printf %q || true)
  [[ $ROLE == worker || -z $data ]] ||
    found etcd "an etcd has its data here ($data); if nobody needs it: sudo rm -r $data"
  for package in kubelet kubeadm kubectl; do
    version=$(package_version "$package")
    [[ -z $version || $version == "$KUBERNETES_VERSION"-* ]] ||
      found package "$package $version is there, not $KUBERNETES_VERSION; sudo apt-mark unhold it and apt-get purge it"
  done
}

# Finds files that `kubeadm reset` keeps. containerd uses the first CNI configuration that names a plugin, for every pod, and also
# before Calico has written its own. Calico takes over the addresses that another plugin has assigned.
check_leftovers() {
  local files states addresses=/var/lib/cni/networks/k8s-pod-network
  files=$(find /etc/cni/net.d -maxdepth 1 -regex '.*\.\(conf\|conflist\|json\)' -print0 2>/dev/null | sort --zero-terminated |
    xargs --null --no-run-if-empty grep --files-with-matches --null '"type"' -- |
    xargs --null --no-run-if-empty printf '%q ' || true)
  [[ -z $files ]] || found cni "another pod network's configuration is here; if nobody needs it: sudo rm ${files% }"
  [[ ! -d $addresses ]] ||
    found cni "an earlier cluster's pods have addresses here; if nobody needs them: sudo rm -r $addresses"
  # The kubelet exits at once if these files name another policy than its own, which is none.
  states=$(grep --files-without-match --ignore-case '"policyName":"none"' /var/lib/kubelet/{cpu,memory}_manager_state 2>/dev/null |
    xargs || true)
  [[ -z $states ]] || found left "an earlier kubelet had other policies than this one will; let it forget them: sudo rm $states"
  check_kubelet_arguments
}

# A kubelet's arguments win over its file of settings, in which kubeadm and the config have theirs. The package's unit reads
# /etc/default/kubelet last, and a unit or a drop-in of an administrator precedes the package's. A drop-in that sets none of this is
# accepted.
check_kubelet_arguments() {
  local file=/etc/default/kubelet units
  ! grep --quiet --extended-regexp '^\s*KUBELET_[A-Z_]+\s*=.*[^"[:space:]'"'"']' "$file" 2>/dev/null ||
    found left "an earlier kubelet's arguments are in $file, and would win over this one's settings; if nobody needs them: \
sudo sed --in-place /KUBELET_/d $file"
  units=$({
    existing /etc/systemd/system/kubelet.service /run/systemd/system/kubelet.service
    existing /etc/systemd/system/kubelet.service.d/*.conf /run/systemd/system/kubelet.service.d/*.conf |
      xargs --null --no-run-if-empty grep --files-with-matches --null --extended-regexp \
        '^\s*(ExecStart|EnvironmentFile)\s*=|KUBELET_[A-Z_]+=' -- || true
  } | xargs --null --no-run-if-empty printf '%q ')
  [[ -z $units ]] || found left "an earlier kubelet's unit is here, and would run with its own arguments; if nobody needs it: \
sudo rm ${units% } && sudo systemctl daemon-reload"
}

# The undo empties these folders, including those behind a link. If others use the folder, too, it would remove files that they
# have added since. check_others_cluster checks the data of an etcd.
check_links() {
  local folder own=("${watched[@]}" "$VOLUMES_PATH")
  [[ $ROLE == worker || -d $etcd_folder ]] || own+=("$etcd_folder")
  [[ -x $(command -v containerd) ]] || own+=("${containerd_watched[@]}")
  for folder in "${own[@]}"; do
    [[ -L $folder ]] || continue
    [[ -d $folder && -z $(find -H "$folder" -mindepth 1 -maxdepth 1 ! -name lost+found -print -quit) ]] ||
      found link "$folder leads to $(realpath --canonicalize-missing "$folder"), which is no empty folder; let it lead to one that \
nothing else uses"
  done
}

check_ports() {
  local transport port anywhere=(10250 10256) loopback=(10248 9099) # the latter is the health of Felix, Calico's agent
  if [[ $ROLE != worker ]]; then
    anywhere+=(6443 2379 2380 10257 10259)
    loopback+=(2381)
  fi
  [[ $PROXY != true ]] || anywhere+=(6443)
  while read -r transport port; do
    [[ $transport != tcp ]] || anywhere+=("$port")
    # A socket without a process is the kernel's: its VXLAN networks share a port.
    [[ $transport != udp ]] || found_taken "$port" "$(listeners udp "$port" | grep 'users:' || true)"
  done <<<"$POD_NETWORK_PORTS"
  for port in "${anywhere[@]}"; do found_taken "$port" "$(listeners tcp "$port")"; done
  # Another program may use these ports at another address.
  for port in "${loopback[@]}"; do
    found_taken "$port" "$(listeners tcp "$port" | awk '$4 ~ /^(127\.0\.0\.1|0\.0\.0\.0|\*|\[::\])(%[^:]*)?:/')"
  done
}

listeners() { ss --no-header --listening "--$1" --numeric --processes "sport = :$2"; }

# found_taken PORT SOCKETS
found_taken() {
  local socket user
  socket=$(head -n 1 <<<"$2")
  user=$(sed -n 's/.*users:((\("[^"]*"\),pid=\([0-9]*\).*/\1 (process \2)/p' <<<"$socket")
  [[ -z $socket ]] || found port "$1 is taken by ${user:-someone}; stop it"
}

# Another network uses a range if there is a route into it, or a local address of it. A route to a larger range counts, too, unless
# its next hop is the default route's.
check_ranges() {
  local range taken
  for range in "$POD_CIDR" "$SERVICE_CIDR"; do
    taken=$(
      ip -4 route show root "$range"
      ip -4 -oneline address show to "$range" | awk '{print $4, "on", $2}'
      routes_by_rules "$range"
      route_elsewhere "$range"
    )
    [[ -z $taken ]] || found network "$range is routed here already ($(head -n 1 <<<"$taken" | xargs)); choose another range"
  done
  # The kernel needs a route to a service's address before kube-proxy's rules redirect the packet to a pod.
  ip -4 route get "${SERVICE_CIDR%/*}" >/dev/null 2>&1 ||
    found route "no route leads to $SERVICE_CIDR, so this host would reach no service; give it a default route, \
even if nothing is there: sudo ip route add default dev $(card_of "$ADDRESS")"
}

# The pod network's routes are in the table main. A rule with a lower priority number takes precedence over them.
check_rules() {
  local table priority
  table=$(winning_route "${POD_CIDR%/*}" | table_of)
  [[ -n $table && -z $(route_elsewhere "$POD_CIDR") ]] || return 0
  priority=$(ip -4 rule show | awk -v table="$table" '
    /from all lookup main( suppress_prefixlength [0-9]+)? *$/ { exit }
    $0 ~ " lookup " table "( |$)" { print $1 - 1; exit }')
  [[ -z $priority ]] || found rules "a rule sends packets for $POD_CIDR to table $table before the pod network's routes are \
asked, as a VPN that takes all traffic does; have those asked first, also after a boot: sudo ip rule add priority $priority \
lookup main suppress_prefixlength 0"
}

# Prints routes into a range in other tables than main (Tailscale's, wg-quick's), if rules send packets there.
routes_by_rules() {
  local route network
  while read -r route; do
    network=$(grep --only-matching --extended-regexp --max-count=1 '[0-9]+(\.[0-9]+){3}' <<<"$route" | head -n 1)
    [[ $(winning_route "$network" | table_of) != "$(table_of <<<"$route")" ]] || echo "$route"
  done < <(ip -4 route show table all root "$1" | grep ' table ' || true)
}

# winning_route ADDRESS: prints the route that all rules and tables select; nothing where the address can't be reached.
winning_route() { ip -4 route get "$1" 2>/dev/null | head -n 1 || true; }

# Prints a route's table; nothing for the table main, which `ip` doesn't name.
table_of() { sed --quiet 's/.* table \([^ ]*\).*/\1/p'; }

# route_elsewhere RANGE: prints the route of a larger range that packets for RANGE take, unless default routes have the same next hop.
# Routes of more than a /8 count as default routes: no network is that large, and a VPN that takes all traffic, or most of it, adds
# such routes (0.0.0.0/1, 128.0.0.0/2 …).
route_elsewhere() {
  local route table
  route=$(winning_route "${1%/*}")
  [[ -n $route ]] || return 0 # nobody has that network
  table=$(table_of <<<"$route")
  { ip -4 route show && ip -4 route show table "${table:-main}"; } | awk '
    /^[^ \t]/ { wide = $1 == "default" || $1 ~ /^[0-9.]+\/[1-7]$/ }
    wide # including the lines of its next hops' | next_hops |
    grep --line-regexp --fixed-strings -- "$(next_hops <<<"$route")" >/dev/null || echo "$route"
}

# Prints "via GATEWAY dev CARD", or the part of it that exists, for each route.
next_hops() {
  awk '{hop = ""; for (i = 1; i < NF; i++) if ($i == "via" || $i == "dev") hop = hop $i " " $(i + 1) " "; print hop}'
}

card_of() { ip -4 -oneline address show to "$1/32" | awk 'NR == 1 {sub(/@.*/, "", $2); print $2}'; }

# CoreDNS asks the servers of the file that the kubelet gives it: with systemd-resolved that service's file, as kubeadm sets it, and
# in a container the file that kubelet.sh writes. In CoreDNS's pod, a loopback address is CoreDNS itself. Without servers, CoreDNS
# doesn't start. https://coredns.io/plugins/loop/#troubleshooting-loops-in-kubernetes-clusters
check_names() {
  local file=/etc/resolv.conf servers loops
  ! in_container || return 0
  ! systemctl is-active --quiet systemd-resolved || file=/run/systemd/resolve/resolv.conf
  servers=$(awk '$1 == "nameserver" {print $2}' "$file" 2>/dev/null || true)
  loops=$(grep --extended-regexp '^(127\.|0\.0\.0\.0$|::1$)' <<<"$servers" | xargs || true)
  if [[ -z $servers ]]; then
    found names "no name server in $file, without which the cluster's DNS doesn't start; name one, or $ADDRESS if there is none"
  elif [[ -n $loops ]]; then
    found names "$loops in $file is the cluster's DNS itself, in its pod; name other servers, or have that one listen on \
$ADDRESS, too, and name this"
  fi
}

# Finds packets that somebody's own rules drop. Dropping other hosts' packets is a mistake only if there are other hosts, so the
# program judges `closed`.
check_filter() {
  local each needed=("tcp 10250") remedy="; accept it there, also after a boot"
  [[ -z $POD_NETWORK_PORTS ]] || mapfile -t -O 1 needed <<<"$POD_NETWORK_PORTS"
  [[ $ROLE == worker || $CONTROL_PLANES == "$HOST=$ADDRESS" ]] || needed+=("tcp 2379" "tcp 2380")
  closed=$(dropped input "${needed[@]}" | sed 's/.*/"&"/' | paste --serial --delimiters=,)
  [[ $ROLE == worker ]] || while read -r each; do
    found filter "drops what comes to the API server, $each$remedy"
  done < <(dropped input "tcp 6443")
  while read -r each; do
    found filter "drops what it forwards, packets of pods among it (${each#*(}$remedy"
  done < <(dropped forward any)
}

# Finds a zone of firewalld that has the pods' range and rejects what pods send each other. prepare.sh leaves such a zone alone. It
# isn't judged if the zone has policies, which may accept that.
check_firewalld_zone() {
  local zone
  command -v firewall-cmd >/dev/null && zone=$(firewall-cmd --get-zone-of-source="$POD_CIDR" 2>/dev/null) || return 0
  [[ $(firewall-cmd --permanent --zone="$zone" --get-target) == ACCEPT ]] ||
    firewall-cmd --zone="$zone" --query-forward >/dev/null ||
    firewall-cmd --get-active-policies | grep --quiet --word-regexp -- "$zone" ||
    found filter "firewalld's zone $zone has $POD_CIDR, and drops packets between pods; accept them: \
sudo firewall-cmd --permanent --zone=$zone --set-target=ACCEPT && sudo firewall-cmd --reload"
}

# Under another name or role, the host would be undone as the node that it was.
check_node() {
  local name role
  read -r name role <"$RECORD/node"
  [[ $name == "$HOST" && $role == "$ROLE" ]] || found node "is the $role $name of this cluster, not the $ROLE $HOST; set its \
name and role back, or take it off the list, run up, and list it anew"
}

check_plugin() {
  [[ -z $KMS_SOCKET ]] || is_listening "$KMS_SOCKET" ||
    found plugin "no plug-in listens at $KMS_SOCKET (kubernetes.secretsEncryption.kms.socket); start it on every control plane"
}

# One of several control planes can change its address only while a majority of etcd's members answers at the present addresses.
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

# Looks for this version's kubelet in the mirror's list of packages, unless the host has that kubelet already.
check_mirror() {
  local folder file list='' versions=''
  [[ -n ${MIRROR:-} && $(package_version kubelet) != "$KUBERNETES_VERSION"-* ]] || return 0
  folder=$(mktemp --directory)
  for file in Packages{,.xz,.gz}; do
    if fetch "$MIRROR/apt/$file" "$folder/$file" >"$folder/why" 2>&1; then
      list=$folder/$file
    elif grep --quiet ' 404 ' "$folder/why"; then
      continue # a flat repository has one of them at least
    fi
    break
  done
  if [[ -z $list ]]; then
    found reach "$(sed --quiet 's/^E: Failed to fetch //p' "$folder/why" | head -n 1); serve the mirror there, and let this host \
reach it"
  else
    versions=$(/usr/lib/apt/apt-helper cat-file "$list" |
      awk '/^Package: / {here = $2 == "kubelet"} here && /^Version: / {sub(/-[^-]*$/, "", $2); print $2}' |
      sort --version-sort --unique)
    check_signature "$folder" "${list##*/}"
    grep --quiet --line-regexp --fixed-strings "$KUBERNETES_VERSION" <<<"$versions" ||
      found mirror "$MIRROR has no packages of Kubernetes $KUBERNETES_VERSION, but of $(xargs <<<"${versions:-none}" | sed 's/ /, /g'); add them and \
its images (docs/air-gap.md), or set kubernetes.version to one that is there"
  fi
  rm -r "$folder"
}

# check_signature FOLDER LIST: looks whether the mirror's key has signed the list of packages in FOLDER. apt itself judges that, as later
# in the preparation, by a copy of the repository without packages.
check_signature() {
  local file apt=$1/apt remedy="sign it with the key of artifacts.mirrorKey (docs/air-gap.md), or set the fingerprint of the key that does"
  for file in InRelease key.asc; do
    fetch "$MIRROR/apt/$file" "$1/$file" >"$1/why" 2>&1 || {
      found signature "$(sed --quiet 's/^E: Failed to fetch //p' "$1/why" | head -n 1), so nobody vouches for the mirror's packages; $remedy"
      return
    }
  done
  mkdir --parents "$apt/lists/partial" "$apt/cache"
  {
    echo '#clear APT::Update;' # no hooks
    # The host's own configuration may permit what isn't signed.
    printf 'Acquire::Allow%sRepositories "false";\n' Insecure DowngradeToInsecure
  } >"$apt/config"
  echo "deb [signed-by=$1/key.asc,$MIRROR_KEY] copy:$1 ./" >"$apt/list"
  apt-get --quiet --config-file "$apt/config" -o Dir::Etc::SourceList="$apt/list" -o Dir::Etc::SourceParts=- -o Dir::State::lists="$apt/lists" \
    -o Dir::State::status=/dev/null -o Dir::Cache="$apt/cache" -o APT::Sandbox::User=root update >"$1/why" 2>&1 ||
    found signature "$MIRROR/apt/$2 isn't what key $MIRROR_KEY has signed: $(sed --quiet "s|copy:$1|$MIRROR/apt|g; s/^[EW]: //p" "$1/why" |
      head -n 1); $remedy"
}

fetch() { /usr/lib/apt/apt-helper -o Acquire::Retries=1 -o Acquire::http::Timeout=20 download-file "$1" "$2"; }

check_system
check_kernel
check_mirror
check_release
check_plugin
if is_ours; then
  check_node
  check_move
  check_room_for_upgrade
else
  check_size
  check_pressure
  check_volumes
  check_access
  check_parameters
  check_others_cluster
  check_leftovers
  check_links
  check_ports
  check_ranges
  check_rules
  check_names
  check_filter
  check_firewalld_zone
fi

if ((${#findings[@]})); then
  printf '%s (%s) cannot become a node, nothing was touched on any host:\n' "$HOST" "$ADDRESS" >&2
  printf '  %s\n' "${findings[@]}" >&2
  exit 1
fi
card=$(card_of "$ADDRESS")
printf '{"machineId":"%s","mtu":%s,"closed":[%s],"clock":%s,"asked":%s}\n' \
  "$(</etc/machine-id)" "$(<"/sys/class/net/$card/mtu")" "$closed" "$(date +%s)" "${2:-null}"
