#!/usr/bin/env bash
# Makes a host ready for kubeadm. Idempotent, on a running node as well, whose Kubernetes it leaves at its version: upgrade.sh changes
# that.
# Follows record.sh, which has taken the lock, kubelet.sh and packages.sh.
# Inputs: ROLE ADDRESS KUBERNETES_VERSION POD_CIDR VOLUMES_PATH PROXY (whether a proxy will run here) UPLOADS (whether backups will
# be uploaded from here) POD_IMAGES (images of pods, separated by spaces), MIRROR (its URL, empty for upstream), MIRROR_KEY (the
# fingerprint of its key) and REPORTER (the text that a timer lets bash run: report-host.sh with its inputs; empty where nobody asks what
# hosts need)
# shellcheck disable=SC2154 # `put` in lib.sh sets `changed`

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

install_packages() {
  # kubeadm checks for most of these. request.sh uses openssl; undo.sh removes Calico's sets with ipset, and iptables' tables with
  # nftables.
  local wanted=(conntrack cri-tools ethtool ipset iptables nftables openssl socat) missing=() package
  [[ $PROXY != true ]] || wanted+=(haproxy)
  [[ $UPLOADS != true ]] || wanted+=(curl)
  dpkg --configure --pending || finish_others_packages
  # Any containerd will do, such as the one of Docker's package.
  command -v containerd || missing+=(containerd)
  for package in "${wanted[@]}"; do [[ -n $(package_version "$package") ]] || missing+=("$package"); done
  for package in "${kubernetes_packages[@]}"; do
    has_fit_version "$package" || missing+=("$package=$KUBERNETES_VERSION-*")
  done
  # After the first installation, the list is kept up to date.
  if ((${#missing[@]})) || [[ -e $RECORD/lists ]]; then write_apt_source; fi
  if ((${#missing[@]})); then
    apt_update
    # The package's own service must not start, neither now nor at boot.
    [[ " ${missing[*]} " != *" haproxy "* ]] || systemctl mask --runtime --quiet haproxy.service
    apt_install --allow-change-held-packages "${missing[@]}"
    rm -rf "$ARCHIVES"
  fi
  if [[ -L /run/systemd/system/haproxy.service ]]; then
    systemctl unmask --runtime --quiet haproxy.service
    systemctl disable --quiet haproxy.service
  fi
  pin_packages
  applied package "${wanted[@]}"
}

# has_fit_version PACKAGE: whether it is installed at the cluster's version or, on a running node, at any.
has_fit_version() {
  local here
  here=$(package_version "$1")
  [[ $here == "$KUBERNETES_VERSION"-* ]] || { [[ -n $here ]] && is_node; }
}

# Downloads what upgrade.sh will install, while the node's pods still run. A source that lacks the version is refused before any host
# is upgraded.
fetch_upgrade() {
  local wanted=("${kubernetes_packages[@]/%/=$KUBERNETES_VERSION-*}")
  [[ $(package_version kubelet) != "$KUBERNETES_VERSION"-* ]] || return 0
  write_apt_source
  apt_update
  apt --simulate --allow-change-held-packages --allow-downgrades install "${wanted[@]}" 2>"$SCRATCH/apt" ||
    refuse KK910 "the source of packages has no Kubernetes $KUBERNETES_VERSION, so no host was upgraded: \
$(grep --max-count=1 '^E:' "$SCRATCH/apt" || tail -n 1 "$SCRATCH/apt")"
  install -d "$ARCHIVES/partial"
  apt --download-only --allow-change-held-packages --allow-downgrades install "${wanted[@]}"
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

# Restores the names in /etc/hosts whenever the kubelet starts: Docker rewrites the file at each start of a container, and so does
# cloud-init at boot if the machine's user data has manage_etc_hosts, which no file on the machine overrides. kubeadm writes the
# kubelet's settings for every user to read; each start of the kubelet leaves them to root alone.
keep_names() {
  local config=/var/lib/kubelet/config.yaml
  put /etc/systemd/system/kubelet.service.d/20-kubeadm-kafka.conf <<-UNIT
	[Service]
	ExecStartPre=-/bin/sh -c 'grep -q "^# BEGIN kubeadm-kafka" /etc/hosts || \
	{ tail -c 1 /etc/hosts | grep -q . && echo; cat $RECORD/hosts; } >>/etc/hosts'
	ExecStartPre=-/bin/chmod 600 $config
	UNIT
  [[ -z $changed ]] || systemctl daemon-reload
  [[ ! -e $config ]] || chmod 600 "$config"
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

# Installs a timer that reports whether the host needs a reboot or updates, and reports now. A host without a report gets neither, so a
# failure fails no preparation.
keep_reporting() {
  local unit=kubeadm-kafka-report script=$RECORD/report-host.sh restart=''
  if [[ -z $REPORTER ]]; then
    [[ ! -e /etc/systemd/system/$unit.timer ]] || systemctl disable --quiet --now "$unit.timer"
    rm -f "$script" "/etc/systemd/system/$unit".{service,timer}
    return
  fi
  put "$script" <<<"$REPORTER"
  put "/etc/systemd/system/$unit.service" <<-UNIT
	[Unit]
	Description=Report whether this host needs a reboot or updates (kubeadm-kafka)
	[Service]
	Type=oneshot
	TimeoutStartSec=15min
	ExecStart=/usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin bash --norc $script create
	UNIT
  restart+=$changed
  put "/etc/systemd/system/$unit.timer" <<-UNIT
	[Unit]
	Description=Report whether this host needs a reboot or updates (kubeadm-kafka)
	[Timer]
	OnActiveSec=1s
	OnUnitInactiveSec=5min
	AccuracySec=1s
	[Install]
	WantedBy=timers.target
	UNIT
  restart+=$changed
  [[ -z $restart ]] || systemctl daemon-reload
  systemctl enable --quiet "$unit.timer"
  systemctl restart "$unit.timer"
  applied unit "$unit.timer"
  timeout 180 systemctl start "$unit.service" || true
}

step "switch swap off" && disable_swap
step "load kernel modules" && load_modules
step "set kernel parameters" && write_sysctls
step "set the hostname" && set_hostname
step "open the firewall" && open_firewall
step "leave pods' links to Calico" && leave_links_to_calico
step "install packages" && install_packages
step "download what an upgrade installs" && fetch_upgrade
step "configure containerd" && configure_containerd
step "configure the kubelet" && write_container_patch
step "keep names and modes over a restart" && keep_names
step "close the folder for volumes" && close_volumes
step "pull images" && pull_images
step "pull what pods will run" && pull_ahead
step "set the kubelet's own settings" && set_kubelet
step "report what the host needs" && keep_reporting
step "write down what was applied" && keep_applied
