#!/usr/bin/env bash
# Makes a host ready for kubeadm. Idempotent, on a running node as well.
# Follows record.sh, which has taken the lock, and kubelet.sh.
# Inputs: ROLE ADDRESS KUBERNETES_VERSION POD_CIDR VOLUMES_PATH PROXY (whether a proxy will run here) POD_IMAGES (images of pods,
# separated by spaces) and MIRROR (its URL, empty for upstream)
# shellcheck disable=SC2154 # `put` in lib.sh sets `changed`

refuse_upgrade() {
  local here
  here=$(package_version kubelet)
  [[ -z $here || $here == "$KUBERNETES_VERSION"-* || ! -e /etc/kubernetes/kubelet.conf ]] ||
    refuse KK713 "runs Kubernetes ${here%-*}; upgrading to $KUBERNETES_VERSION isn't supported yet, set the version back"
}

# A container's swap is the machine's outside. The kubelet in a container tolerates it (see kubelet.sh).
disable_swap() {
  in_container && return
  local service
  # These services aren't part of swap.target. Each is noted first, so that the undo enables it again.
  for service in zramswap zram-config dphys-swapfile swapspace; do
    systemctl is-enabled --quiet "$service" 2>/dev/null || continue
    note swap-services "$service.service"
    systemctl disable --quiet --now "$service"
  done
  swapoff --all
  # Masking covers fstab, generated units and zram-generator's, and edits no file.
  systemctl mask --quiet swap.target
  applied swap off
  applied unit swap.target
}

load_modules() {
  local modules=(overlay br_netfilter) module
  printf '%s\n' "${modules[@]}" | put /etc/modules-load.d/kubeadm-kafka.conf
  for module in "${modules[@]}"; do has_module "$module" || modprobe "$module"; done
  applied module "${modules[@]}"
}

write_sysctls() {
  local key value
  put "$sysctl_file" <<<"$parameters"
  rm -f "$sysctl_file_before"
  while IFS=' =' read -r key value; do
    applied sysctl "$key"
    key=/proc/sys/${key//.//}
    [[ $(<"$key") == "$value" ]] || printf '%s' "$value" >"$key"
  done <<<"$parameters"
}

set_hostname() {
  [[ $(hostname) == "$HOST" ]] || hostname "$HOST"
  printf '%s\n' "$HOST" | put /etc/hostname
  applied hostname "$HOST"
  # cloud-init would restore the old name, and its own /etc/hosts, at the next boot.
  [[ ! -d /etc/cloud/cloud.cfg.d ]] ||
    printf '%s\n' "preserve_hostname: true" "manage_etc_hosts: false" | put /etc/cloud/cloud.cfg.d/99-kubeadm-kafka.cfg
}

# Creates the folder for volumes, which only root may enter. Each volume in it is open to every user, since a pod may run as any, and
# the kubelet would create the folder open as well. Pods reach their volumes by mounts. A folder that existed before, or a disk,
# keeps its mode, which the preflight has checked.
close_volumes() {
  local folder=${VOLUMES_PATH%/*} name
  for name in "$VOLUMES_PATH" "$(realpath --canonicalize-missing "$VOLUMES_PATH")"; do
    ! was_recorded "$name" || return 0
  done
  ! mountpoint --quiet "$VOLUMES_PATH" || return 0
  until [[ -d ${folder:-/} ]]; do
    note folders "$folder"
    folder=${folder%/*}
  done
  install --directory --mode=700 "$VOLUMES_PATH"
}

# Opens ports in an active ufw or firewalld: the kubelet, Calico's BGP and VXLAN, and etcd for the network of the host's address, the
# API server for all addresses, since it authenticates its clients, and the kubelet also for the other nodes' ends of the tunnels
# (pod-network.sh). firewalld also forwards pods' packets. An inactive firewall stays inactive.
open_firewall() {
  local network rule rules
  network=$(ip -4 route show scope link src "$ADDRESS" | awk 'NR == 1 {print $1}')
  [[ $network == */* ]] || network=0.0.0.0/0 # a /32, as on Google Cloud, says nothing about the network
  rules=("$network tcp 10250" "$network tcp 179" "$network udp 4789" "$POD_CIDR tcp 10250")
  [[ $ROLE == worker ]] || rules+=("0.0.0.0/0 tcp 6443" "$network tcp 2379" "$network tcp 2380")
  if command -v ufw && [[ $(ufw status) == "Status: active"* ]]; then
    for rule in "${rules[@]}"; do open_ufw "$rule"; done
  elif command -v firewall-cmd && firewall-cmd --state; then
    for rule in "${rules[@]}"; do open_firewalld "$rule"; done
    trust_pods
  fi
}

open_ufw() {
  local from protocol port words
  read -r from protocol port <<<"$1"
  words=(allow proto "$protocol" from "$from" to any port "$port")
  [[ $(ufw --dry-run "${words[@]}") != *'Skipping adding existing rule'* ]] || return 0
  note ufw "$1"
  ufw "${words[@]}"
}

open_firewalld() {
  local from protocol port zone
  read -r from protocol port <<<"$1"
  zone=$(firewall-cmd --get-default-zone)
  add_to_firewalld "$zone" "rich-rule=rule family=\"ipv4\" source address=\"$from\" port port=\"$port\" protocol=\"$protocol\" accept"
}

# Lets firewalld forward pods' packets. Felix, Calico's agent, accepts them in iptables' tables, but firewalld's own table judges them
# again, and rejects what comes from an address without a zone. An address has one zone: a range that somebody has given one stays there.
trust_pods() {
  local zone
  zone=$(firewall-cmd --permanent --get-zone-of-source="$POD_CIDR") ||
    zone=$(firewall-cmd --get-zone-of-source="$POD_CIDR") || zone=trusted
  [[ $zone != trusted ]] || add_to_firewalld trusted "source=$POD_CIDR"
}

# add_to_firewalld ZONE WHAT: adds what is missing there, now and after a reload. Each addition is noted first, for the undo.
add_to_firewalld() {
  if ! firewall-cmd --permanent --zone="$1" --query-"$2"; then
    note firewalld-permanent "$1 $2"
    firewall-cmd --permanent --zone="$1" --add-"$2"
  fi
  if ! firewall-cmd --zone="$1" --query-"$2"; then
    note firewalld-runtime "$1 $2"
    firewall-cmd --zone="$1" --add-"$2"
  fi
}

# Keeps NetworkManager from giving pods' links other addresses and routes. `+=` keeps what other files name.
# https://docs.tigera.io/calico/latest/operations/troubleshoot/troubleshooting#configure-networkmanager
leave_links_to_calico() {
  [[ -d ${network_manager_file%/*} ]] || return 0
  put "$network_manager_file" <<-CONF
	[keyfile]
	unmanaged-devices+=interface-name:cali*;interface-name:tunl0;interface-name:vxlan.calico
	CONF
  [[ -z $changed ]] || ! systemctl is-active --quiet NetworkManager || systemctl reload NetworkManager
}

apt() {
  local options=(-o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 -o "Dir::Cache::Archives=$ARCHIVES"
    -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0)
  # A mirror has all packages. With a mirror, the host's own sources are often unreachable.
  [[ -z $MIRROR ]] ||
    options+=(-o "Dir::Etc::SourceList=$apt_list" -o Dir::Etc::SourceParts=- -o APT::Get::List-Cleanup=false)
  by_proxy apt-get --quiet --quiet --yes --no-install-recommends "${options[@]}" "$@"
}

# by_proxy COMMAND…: runs a download from upstream with the proxy of /etc/environment, as a login would. Connections to a mirror
# or an API server use no proxy. The proxy's URL may have a password, so that it is no argument, and only this subshell has it.
by_proxy() (
  if [[ -z $MIRROR ]]; then
    while IFS='=' read -r name value; do export "$name=$value"; done < <(site_proxy)
  fi
  "$@"
)

# Prints NAME=VALUE of each proxy in /etc/environment.
site_proxy() {
  sed --quiet --regexp-extended \
    "s/^\s*(export\s+)?((https?|no)_proxy)=([\"']?)(.*)\4\s*$/\2=\5/p" /etc/environment 2>/dev/null || true
}

# Retries while another program (unattended-upgrades) locks the package lists, to which DPkg::Lock::Timeout doesn't
# apply.
apt_update() {
  local deadline=$((SECONDS + 600))
  until apt update 2>"$SCRATCH/apt"; do
    cat "$SCRATCH/apt"
    grep --quiet 'Could not get lock' "$SCRATCH/apt" && ((SECONDS < deadline)) || return 1
    sleep 2
  done
}

# apt_install PACKAGE…: notes the packages and their missing dependencies for the undo, and installs them.
apt_install() {
  local added
  added=$(apt --simulate install "$@" | awk '/^Inst / && $3 !~ /^\[/ {print $2}')
  # shellcheck disable=SC2086 # a list of words
  note packages $added
  install -d "$ARCHIVES/partial"
  apt install "$@"
  rm -rf "$ARCHIVES"
}

apt_list=/etc/apt/sources.list.d/kubeadm-kafka.list
write_apt_source() {
  local key=/etc/apt/keyrings/kubeadm-kafka.asc upstream
  upstream=https://pkgs.k8s.io/core:/stable:/v${KUBERNETES_VERSION%.*}/deb
  if [[ -n $MIRROR ]]; then
    note_list "$MIRROR/apt/"
    printf '%s\n' "deb [trusted=yes] $MIRROR/apt/ ./" | put "$apt_list"
    return
  fi
  if is_listed "$upstream/"; then
    rm -f "$apt_list" # an earlier mirror's
    return
  fi
  if [[ ! -s $key ]]; then
    if [[ ! -e /etc/ssl/certs/ca-certificates.crt ]]; then
      apt_update
      apt_install ca-certificates
    fi
    mkdir -p "${key%/*}"
    by_proxy /usr/lib/apt/apt-helper download-file "$upstream/Release.key" "$SCRATCH/key"
    install -m 644 "$SCRATCH/key" "$key.new"
    mv "$key.new" "$key"
  fi
  note_list "$upstream/"
  printf '%s\n' "deb [signed-by=$key] $upstream/ /" | put "$apt_list"
}

# is_listed URL: whether another list has this repository. With two lists that name different keys for it, apt fails.
is_listed() {
  ! grep --quiet --fixed-strings " $1 " "$apt_list" 2>/dev/null &&
    apt-get --print-uris update | grep --fixed-strings "'$1InRelease'"
}

# note_list URL: notes the names of apt's downloaded lists, which follow from the URL, for the undo.
note_list() {
  local name=${1#*://}
  note lists "${name//\//_}"
}

install_packages() {
  # kubeadm checks for most of these. request.sh uses openssl; undo.sh removes Calico's sets with ipset, and iptables' tables with
  # nftables.
  local wanted=(conntrack cri-tools ethtool ipset iptables nftables openssl socat) missing=() package
  [[ $PROXY != true ]] || wanted+=(haproxy)
  dpkg --configure --pending || finish_others_packages
  # Any containerd will do, such as the one of Docker's package.
  command -v containerd || missing+=(containerd)
  for package in "${wanted[@]}"; do [[ -n $(package_version "$package") ]] || missing+=("$package"); done
  for package in kubelet kubeadm kubectl; do
    [[ $(package_version "$package") == "$KUBERNETES_VERSION"-* ]] || missing+=("$package=$KUBERNETES_VERSION-*")
  done
  # After the first installation, the list is kept up to date.
  if ((${#missing[@]})) || [[ -e $RECORD/lists ]]; then write_apt_source; fi
  if ((${#missing[@]})); then
    apt_update
    # The package's own service must not start, neither now nor at boot.
    [[ " ${missing[*]} " != *" haproxy "* ]] || systemctl mask --runtime --quiet haproxy.service
    apt_install --allow-change-held-packages "${missing[@]}"
  fi
  if [[ -L /run/systemd/system/haproxy.service ]]; then
    systemctl unmask --runtime --quiet haproxy.service
    systemctl disable --quiet haproxy.service
  fi
  apt-mark hold kubelet kubeadm kubectl
  applied package "${wanted[@]}"
  applied pinned-package kubelet kubeadm kubectl
}

# Waits for another installation, such as a new machine's own at its first boot.
finish_others_packages() {
  apt-get -o DPkg::Lock::Timeout=600 check
  dpkg --configure --pending
}

# remove_mirror FILE: restores a registry's file to its content before this program, if an earlier `up` had set a mirror.
remove_mirror() {
  is_our_mirror "$1" || return 0
  tar --extract --overwrite --file="$RECORD/before.tar" --directory=/ "${1#/}" || rm "$1"
}

configure_containerd() {
  local restart='' hosts registry oom=false pause
  ! in_container || oom=true # no CAP_SYS_RESOURCE there
  pause=$(cluster_images | grep '/pause:')
  # Keeps the package's own configuration, for a host that will keep the package.
  if dpkg-query --show --showformat='${Conffiles}\n' containerd 2>/dev/null | awk 'NF == 2 {print $2 "  " $1}' |
    md5sum --check --status; then
    cp /etc/containerd/config.toml "$RECORD/"
  fi
  put /etc/containerd/config.toml <<-CONFIG
	version = 2
	[plugins."io.containerd.internal.v1.opt"]
	  path = "/var/lib/containerd/opt" # else it makes /opt/containerd
	[plugins."io.containerd.grpc.v1.cri"]
	  sandbox_image = "$pause"
	  restrict_oom_score_adj = $oom
	  [plugins."io.containerd.grpc.v1.cri".cni]
	    bin_dir = "/opt/cni/bin"
	  [plugins."io.containerd.grpc.v1.cri".registry]
	    config_path = "/etc/containerd/certs.d"
	  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
	    runtime_type = "io.containerd.runc.v2"
	    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
	      SystemdCgroup = true
	CONFIG
  restart=$changed
  for hosts in "${registry_files[@]}"; do
    registry=${hosts%/*}
    if [[ -n $MIRROR ]]; then
      put "$hosts" < <(registry_mirror "$MIRROR/v2/${registry##*/}")
    else
      remove_mirror "$hosts"
    fi
  done
  systemctl enable --quiet containerd
  if [[ -n $restart ]]; then systemctl restart containerd; else systemctl start containerd; fi
  wait_for_containerd
  applied unit containerd.service
}

# containerd's service is active before containerd answers requests of the CRI.
wait_for_containerd() {
  local deadline=$((SECONDS + 120))
  until crictl images --quiet >/dev/null; do
    ((SECONDS < deadline))
    sleep 0.2
  done
}

# Restores the names in /etc/hosts whenever the kubelet starts: Docker rewrites the file at each start of a container, and so does
# cloud-init at boot if the machine's user data has manage_etc_hosts, which no file on the machine overrides.
keep_names() {
  put /etc/systemd/system/kubelet.service.d/20-kubeadm-kafka.conf <<-UNIT
	[Service]
	ExecStartPre=-/bin/sh -c 'grep -q "^# BEGIN kubeadm-kafka" /etc/hosts || \
	{ tail -c 1 /etc/hosts | grep -q . && echo; cat $RECORD/hosts; } >>/etc/hosts'
	UNIT
  [[ -z $changed ]] || systemctl daemon-reload
}

cluster_images() { kubeadm config images list --kubernetes-version "v$KUBERNETES_VERSION"; }

# Pulls kubeadm's images, so that the time limits of init and join aren't spent on downloads. The pause image comes first, since no
# pod starts without it. A worker's join needs no other.
pull_images() {
  cluster_images | grep '/pause:' | pull
  [[ $ROLE == worker ]] || cluster_images | pull
}

# Pulls pods' images in the background. A failure is ignored, since the kubelet pulls missing images and reports errors.
pull_ahead() {
  local images=$POD_IMAGES
  [[ $ROLE != worker ]] || images="$(cluster_images | grep /kube-proxy:) $images $(cluster_images | grep /coredns:)"
  [[ -n $images ]] || return 0
  systemctl stop "$pull_unit" || true
  # shellcheck disable=SC2086 # a word is an image
  systemd-run --quiet --collect --unit "$pull_unit" --setenv "CONTAINER_RUNTIME_ENDPOINT=$CONTAINER_RUNTIME_ENDPOINT" -- \
    sh -c "$pull_each" sh $images
}

pull() { xargs --max-procs=4 --max-args=1 sh -c "$pull_each" sh; }

# shellcheck disable=SC2016 # another shell expands these
pull_each='for image; do crictl inspecti "$image" >/dev/null 2>&1 || crictl pull "$image"; done'

step "look at the running version" && refuse_upgrade
step "switch swap off" && disable_swap
step "load kernel modules" && load_modules
step "set kernel parameters" && write_sysctls
step "set the hostname" && set_hostname
step "open the firewall" && open_firewall
step "leave pods' links to Calico" && leave_links_to_calico
step "install packages" && install_packages
step "configure containerd" && configure_containerd
step "configure the kubelet" && write_container_patch
step "keep names over a restart" && keep_names
step "close the folder for volumes" && close_volumes
step "pull images" && pull_images
step "pull what pods will run" && pull_ahead
step "set the kubelet's own settings" && set_kubelet
step "write down what was applied" && keep_applied
