#!/usr/bin/env bash
# Brings the host back to the record that record.sh made: what we or the node added goes, what was there stays. Safe
# to run again, and after a preparation that stopped anywhere. Follows backups-folder.sh.
# Inputs: PACKAGES (remove those that we installed, or keep them)
# shellcheck disable=SC2154 # arrays of paths are in lib.sh

audit_folder=/var/log/kubeadm-kafka-audit # of api-server-files.sh

recorded() { grep --quiet --line-regexp --fixed-strings -- "$2" "$RECORD/$1" 2>/dev/null; }
# has_name FILE PATH: the file is a list of names, each ended by NUL.
has_name() { grep --null-data --quiet --line-regexp --fixed-strings -- "$2" "$1"; }
was_here() { has_name "$SCRATCH/was-here" "$1"; }
# A record of another name is that of another node of the cluster, which the machine has become: it stays.
is_to_undo() { is_ours && [[ $(<"$RECORD/node") == "$HOST "* ]]; }
was_worker() { [[ $(<"$RECORD/node") == *" worker" ]]; }

# Ends a step of an `up` that was killed: it continues on the host, and may wait for minutes for an API server that is gone. This undo
# removes its results. A preparation isn't ended, since it ends soon, and could leave dpkg with a half-installed package.
end_running_step() {
  local action group ended='' deadline=$((SECONDS + 30))
  is_to_undo || return 0
  make_work_folder
  until flock --nonblock "$WORK/lock" true || ((SECONDS > deadline)); do
    sleep 0.1
    read -r action group 2>/dev/null <"$SCRATCH/running" || continue
    [[ $action != prepare && $action != undo ]] || return 0
    [[ $group == "$ended" ]] || kill -HUP -- "-$group" || true
    ended=$group
  done
}

# The packages that came with us and are not gone yet, their configuration included.
added_packages() {
  local package
  while read -r package; do
    [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) =~ ^(not-installed|)$ ]] ||
      printf '%s\n' "$package"
  done < <(cat "$RECORD/packages" 2>/dev/null || true)
}

# Whether containerd stays: it was here before us, or it didn't come with us, or somebody's package depends on it, as Docker's
# does.
is_others_containerd() {
  local program package added
  [[ ! -e $RECORD/namespaces ]] || return 0
  program=$(command -v containerd) || return 1
  package=$(dpkg-query --search "$program" 2>/dev/null | cut --delimiter=: --fields=1) || return 0
  recorded packages "$package" || return 0
  mapfile -t added < <(added_packages)
  [[ $(dpkg --no-act --purge "${added[@]}" 2>&1) == *"prevent removal of $package:"* ]]
}

# Replaces each watched folder that was a link at the time of the record by its real path. Links that were added later aren't
# followed, since the record doesn't list what was behind them.
declare -A followed=() # path by name
follow_links() {
  local each name path
  while IFS= read -r -d '' name && IFS= read -r -d '' path; do followed[$name]=$path; done < <(cat "$RECORD/followed" 2>/dev/null || true)
  for each in "${!watched[@]}"; do watched[each]=${followed[${watched[each]}]:-${watched[each]}}; done
}

# Completes `watched`, and makes the list for `was_here`. A record of an earlier version has a line a name.
read_record() {
  others_containerd=
  if is_others_containerd; then others_containerd=yes; else watched+=("${containerd_watched[@]}"); fi
  was_worker || watched+=("$etcd_folder")
  watched+=("$(<"$RECORD/volumes-path")")
  watched_names=("${watched[@]}")
  follow_links
  if [[ -e $RECORD/paths-nul ]]; then
    cp "$RECORD/paths-nul" "$SCRATCH/was-here"
  else
    export names_were_split=yes # for the shell that sweeps
    tr '\n' '\0' <"$RECORD/paths" >"$SCRATCH/was-here"
  fi
}

# Stops the node. If nobody else needs containerd, all its processes are killed: asking the CNI plugin and the API server about each
# pod takes minutes if these are gone already.
stop_node() {
  rm -f "$RECORD"/{cluster,joiner.conf,certificate-key,moving} # from here on there is no cluster, even if we don't get any further
  systemctl disable --now kubeadm-kafka-{certificates,report,restore-end}.timer || true
  systemctl stop kubeadm-kafka-{certificates,report}.service "$pull_unit" kubelet || true
  systemctl disable --now kubeadm-kafka-{approval,api}.service || true
  if [[ -n $others_containerd ]]; then
    [[ ! -x $(command -v kubeadm) ]] || reset_node
  else
    systemctl kill --kill-who=all --signal=KILL containerd.service kubepods.slice || true
    systemctl stop containerd.service || true
  fi
  systemctl stop 'kubepods*.slice' || true
}

# Removes the backups' timer, and the backups if they can't be read without the stack's state. With a key of the user's they stay. A
# folder without any was made for a copy that never came.
remove_backups() {
  local unit=kubeadm-kafka-backup folder
  systemctl disable --now "$unit"{,-again}.timer || true
  systemctl stop "$unit"{,-again}.service || true
  rm -f "/etc/systemd/system/$unit"{,-again}.{service,timer}
  folder=$(backups_folder)
  if [[ -e $folder/.goes-with-the-stack ]] || ! compgen -G "$folder/*.backup"; then rm -rf "$folder"; fi
  rmdir "${folder%/*}" || true
}

reset_node() { if was_worker; then reset_worker; else kubeadm reset --force; fi; }

# If a mount can't be unmounted, the undo fails, since the sweep must not delete files behind the mount.
unmount() {
  local escaped mount
  while read -r escaped; do
    printf -v mount %b "$escaped" # the kernel writes a space as \040, a newline as \012
    ! is_of_a_node "$mount" || recorded mounts "$escaped" || umount --lazy "$mount" || ! mountpoint --quiet "$mount"
  done < <(tac /proc/mounts | cut -d' ' -f2)
  rm -f /run/netns/cni-*
}

# is_of_a_node MOUNT: pods or their runtime made it.
is_of_a_node() {
  local folder
  [[ $1 != /run/netns && $1 != /run/netns/cni-* && $1 != /sys/fs/bpf ]] || return 0
  for folder in "${watched[@]}"; do
    [[ $1 != "$folder"/* ]] || return 0
  done
  return 1
}

remove_links_and_routes() {
  local link
  ip -4 route flush root "$(<"$RECORD/pod-cidr")" || true
  for link in /sys/class/net/*; do
    link=${link##*/}
    [[ ! $link =~ ^(cali|vxlan\.calico|vxlan-v6\.calico|wireguard\.cali|cni0|flannel|kube-ipvs0|nodelocaldns) ]] ||
      recorded links "$link" || ip link delete "$link" || true
  done
}

# Deletes the rules and chains of kube-proxy, the kubelet and Calico, one transaction a table; all other rules stay.
remove_rules() {
  local family backend tables
  for family in iptables ip6tables; do
    for backend in legacy nft; do
      [[ -x $(command -v "$family-$backend-save") ]] || continue
      tables=$("$family-$backend-save" 2>/dev/null | rules_to_remove)
      [[ -z $tables ]] || "$family-$backend-restore" --noflush <<<"$tables"
    done
  done
}

# iptables makes its tables when it is first used, and can't remove them; only those in which nothing is left go.
remove_tables() {
  local family table iptables left
  [[ -x $(command -v nft) && -x $(command -v ip6tables-nft-save) ]] || return 0
  for table in filter nat mangle raw; do
    for family in ip ip6; do
      iptables=${family}tables-nft-save
      ! recorded filter-tables "$family $table" || continue
      left=$("$iptables" --table "$table") || continue # it knows somebody's rules there only as nft does
      grep --quiet --extended-regexp '^-A|^:[^ ]+ -' <<<"$left" || nft delete table "$family" "$table" || true
    done
  done
}

rules_to_remove() {
  awk '
    function ours(word) { return word ~ /^(KUBE-|cali-)/ }
    /^\*/ { table = $0; rules = flushes = deletes = "" }
    /^:/ && ours(substr($1, 2)) {
      flushes = flushes "-F " substr($1, 2) "\n"
      deletes = deletes "-X " substr($1, 2) "\n"
    }
    /^-A/ && !ours($2) { if (/ -[jg] (KUBE-|cali-)/ || /--comment "?cali:/) rules = rules "-D" substr($0, 3) "\n" }
    /^COMMIT/ && rules flushes != "" { printf "%s\n%s%s%sCOMMIT\n", table, rules, flushes, deletes }
  '
}

remove_ipsets() {
  local set
  [[ -x $(command -v ipset) ]] || return 0
  while read -r set; do ipset destroy "$set" || true; done < <(ipset list -name | grep --extended-regexp '^(KUBE-|cali)')
}

# firewalld_after_reload OPTION…: changes firewalld's permanent settings, which firewall-cmd can't if somebody has stopped firewalld.
firewalld_after_reload() {
  if firewall-cmd --state; then firewall-cmd --permanent "$@"; else firewall-offline-cmd "$@"; fi
}

close_firewall() {
  local from protocol port rich zone what
  while read -r from protocol port; do
    ufw delete allow proto "$protocol" from "$from" to any port "$port" || true
  done < <(cat "$RECORD/ufw" || true)
  while read -r zone what; do
    firewalld_after_reload --zone="$zone" --remove-"$what" || true
  done < <(cat "$RECORD/firewalld-permanent" || true)
  while read -r zone what; do
    firewall-cmd --zone="$zone" --remove-"$what" || true
  done < <(cat "$RECORD/firewalld-runtime" || true)
  # Earlier versions added rules to the default zone.
  while read -r rich; do
    firewalld_after_reload --remove-rich-rule="$rich" || true
    firewall-cmd --remove-rich-rule="$rich" || true
  done < <(cat "$RECORD/firewalld" || true)
}

# dpkg, not apt: it removes these and no other, and keeps one that somebody else's package has come to need.
remove_packages() {
  local package added
  for package in kubelet kubeadm kubectl cri-tools kubernetes-cni; do recorded held "$package" || apt-mark unhold "$package" || true; done
  [[ $PACKAGES == remove ]] || return 0
  mapfile -t added < <(added_packages)
  ((${#added[@]})) || return 0
  apt-mark manual "${added[@]}" || true            # else their names stay in apt's extended_states
  apt-get -o DPkg::Lock::Timeout=600 check || true # waits for whoever is installing something
  dpkg --configure --pending || true               # an undo that was killed here
  dpkg --purge "${added[@]}" 2>"$SCRATCH/dpkg" || grep --quiet 'dependency problems' "$SCRATCH/dpkg"
  cat "$SCRATCH/dpkg"
}

remove_files() {
  local list cache states=/var/lib/apt/extended_states
  rm -f /etc/modules-load.d/kubeadm-kafka.conf "$sysctl_file" "$sysctl_file_before" \
    /etc/cloud/cloud.cfg.d/99-kubeadm-kafka.cfg \
    /etc/apt/sources.list.d/kubeadm-kafka.list /etc/apt/keyrings/kubeadm-kafka.asc{,.new} \
    /etc/systemd/system/kubeadm-kafka-{{api,approval}.service,{certificates,report,restore-end}.{service,timer}} /etc/systemd/system/kubelet.service.d/20-kubeadm-kafka.conf
  rmdir /etc/systemd/system/kubelet.service.d || true
  rm -rf "$settings"
  if [[ -e $network_manager_file ]]; then
    rm "$network_manager_file"
    systemctl reload NetworkManager || true # it may not be running
  fi
  # The API server's audit log. The folder may be a disk of its own.
  rm -f "$audit_folder"/audit{,-*}.log{,.gz}
  rmdir "$audit_folder" || true
  while read -r list; do rm -f "/var/lib/apt/lists/$list"*; done < <(cat "$RECORD/lists" || true)
  [[ -s $states ]] || was_here "$states" || rm -f "$states"
  rm -rf "$ARCHIVES"
  for cache in "${package_caches[@]}"; do was_here "$cache" || rm -rf "$cache"; done
}

# Gives others' files that were overwritten, or removed with packages, the contents that they had. In place: in containers some
# files are mounts. Earlier versions kept /etc/containerd alone.
restore_files() {
  local contents file
  if [[ -n $others_containerd ]]; then
    rm -f /etc/containerd/config.toml
    for file in "${registry_files[@]}"; do ! is_our_mirror "$file" || rm "$file"; done
    [[ ! -e $RECORD/config.toml ]] || cp "$RECORD/config.toml" /etc/containerd/
  fi
  for contents in "$RECORD"/{etc-containerd,before}.tar; do
    [[ ! -e $contents ]] || tar --extract --overwrite --file="$contents" --directory=/
  done
}

# Where containerd stays, all that goes of it is the namespace of pods, and what we configured (restore_files).
restore_containerd() {
  local namespace=k8s.io
  [[ -n $others_containerd ]] || return 0
  if ! recorded namespaces "$namespace"; then
    ctr --namespace "$namespace" tasks list --quiet |
      xargs --no-run-if-empty --max-args=1 ctr --namespace "$namespace" tasks delete --force || true
    ctr --namespace "$namespace" containers list --quiet |
      xargs --no-run-if-empty ctr --namespace "$namespace" containers delete || true
    ctr --namespace "$namespace" images list --quiet |
      xargs --no-run-if-empty ctr --namespace "$namespace" images remove --sync || true
    ctr namespaces remove "$namespace" || true
  fi
  systemctl restart containerd
}

# Lists the files of installed packages in the swept folders, by name and by the path behind a link.
list_packaged() {
  local folders path name
  folders=$(IFS='|' && printf %s "${watched_names[*]}|/opt/cni/bin|/etc/cni/net.d")
  grep --no-filename --text --extended-regexp "^($folders)(/|$)" /var/lib/dpkg/info/*.list | while IFS= read -r path; do
    printf '%s\0' "$path"
    for name in "${!followed[@]}"; do
      [[ $path/ != "$name"/* ]] || printf '%s\0' "${followed[$name]}${path#"$name"}"
    done
  done
}

# Removes what pods and their runtime left on the disk, and no file of an installed package.
sweep() {
  local path plugin
  {
    cat "$SCRATCH/was-here"
    list_packaged || true
  } >"$SCRATCH/stays"
  for plugin in /etc/cni/net.d/{10-calico.conflist,calico-kubeconfig} \
    /opt/cni/bin/{bandwidth,bridge,calico,calico-ipam,dhcp,dummy,firewall,flannel,host-device,host-local,install} \
    /opt/cni/bin/{ipvlan,loopback,macvlan,portmap,ptp,sbr,static,tap,tuning,vlan,vrf}; do
    has_name "$SCRATCH/stays" "$plugin" || rm -f "$plugin"
  done
  unshare --mount --propagation private bash -Eeuo pipefail -c \
    "$(declare -f sweep_folders list_swept stays) && sweep_folders \"\$@\"" sweep "$SCRATCH/stays" "${watched[@]}" \
    2>"$SCRATCH/sweep" ||
    refuse KK780 "what pods left can't be removed: $(tail -n 1 "$SCRATCH/sweep")"
  while read -r path; do rmdir "$path" 2>/dev/null || true; done < <(cat "$RECORD/folders" 2>/dev/null || true)
  # dpkg takes an empty directory with it even if the package hadn't made it: /opt.
  for path in "${shared[@]}"; do
    if was_here "$path"; then mkdir -p "$path"; else rmdir "$path" 2>/dev/null || true; fi
  done
}

# sweep_folders STAYS FOLDER…: removes what is in the folders, and themselves, except what the list STAYS names. For a shell
# in a mount namespace of its own, where each folder is bound over itself without the mounts in it: none of them is entered,
# not even one that somebody makes meanwhile. `rm` follows no link, and what stays, above it, isn't of any pod.
sweep_folders() {
  local name folder
  local -A kept=()
  while IFS= read -r -d '' name; do [[ -z $name ]] || kept[$name]=yes; done <"$1"
  shift
  shopt -s dotglob nullglob
  for folder; do
    if [[ -d $folder && ! -L $folder ]]; then
      mount --bind "$folder" "$folder"
      list_swept "$folder" | xargs --null --no-run-if-empty rm --recursive --force --
      umount "$folder"
      stays "$folder" || mountpoint --quiet "$folder" || rmdir "$folder"
    else
      stays "$folder" || rm --force -- "$folder"
    fi
  done
}

list_swept() {
  local path
  for path in "$1"/*; do
    if ! stays "$path"; then
      printf '%s\0' "$path"
    elif [[ -d $path && ! -L $path ]]; then
      list_swept "$path"
    fi
  done
}

# A name with newlines is in an earlier version's record line by line.
stays() {
  local line
  [[ -z ${kept[$1]:-} ]] || return 0
  [[ -n ${names_were_split:-} && $1 == *$'\n'* ]] || return 1
  while IFS= read -r line; do [[ -z $line || -n ${kept[$line]:-} ]] || return 1; done <<<"$1"
}

restore_kubelet() { ! recorded kubelet disabled || systemctl disable --quiet kubelet; }

# Packages of ours that stay are as they were when they had just been installed, but for the kubelet, which would start over
# and over for want of a cluster.
leave_packages() {
  [[ $PACKAGES == keep ]] || return 0
  ! recorded packages kubelet || systemctl disable --quiet kubelet
  if recorded packages containerd; then
    [[ ! -e $RECORD/config.toml ]] || cp "$RECORD/config.toml" /etc/containerd/
    systemctl start containerd
  fi
}

restore_modes() {
  local mode path
  while read -r mode path; do
    # Earlier versions wrote down a link's own mode, which is no folder's.
    [[ -L $path ]] || install --directory --mode="$mode" "$path"
  done <"$RECORD/modes"
}

restore_kernel() {
  local key value module swap
  while read -r key value; do
    [[ ! -w /proc/sys/$key || $(<"/proc/sys/$key") == "$value" ]] || printf '%s' "$value" >"/proc/sys/$key"
  done <"$RECORD/sysctls"
  for module in br_netfilter overlay; do
    recorded modules "$module" || ! grep --quiet "^$module " /proc/modules || modprobe --remove "$module" || true
  done
  recorded swap-target masked || systemctl unmask --quiet swap.target
  while read -r swap; do systemctl enable --quiet --now "$swap" || true; done < <(cat "$RECORD/swap-services" || true)
  in_container || while read -r swap; do
    # A device may have another name by now, or be gone. A space in a file's name is \040.
    awk '{print $1}' /proc/swaps | grep --quiet --line-regexp --fixed-strings -- "$swap" || swapon "$(printf %b "$swap")" || true
  done <"$RECORD/swaps"
}

restore_names() {
  local name
  others_hosts >"$SCRATCH/hosts"
  write /etc/hosts <"$SCRATCH/hosts"
  name=$(<"$RECORD/hostname")
  [[ $(hostname) == "$name" ]] || hostname "$name"
  if [[ -e $RECORD/before.tar ]]; then
    was_here /etc/hostname || rm -f /etc/hostname
  elif [[ -n $name ]]; then
    printf '%s\n' "$name" | write /etc/hostname
  fi
}

end_running_step
begin
step "look for the record"
rm -rf "$RECORD.new"
if is_to_undo; then
  read_record
  step "remove the backups" && remove_backups
  step "stop the node" && stop_node
  step "unmount" && unmount
  step "remove links and routes" && remove_links_and_routes
  step "remove packet filter rules" && remove_rules
  step "remove packet filter tables" && remove_tables
  step "remove ipsets" && remove_ipsets
  step "close the firewall" && close_firewall
  step "remove packages" && remove_packages
  step "remove files" && remove_files
  step "restore files" && restore_files
  step "restore containerd" && restore_containerd
  step "restore the kubelet" && restore_kubelet
  step "sweep" && sweep
  step "leave packages" && leave_packages
  step "restore modes" && restore_modes
  step "restore kernel parameters and swap" && restore_kernel
  step "restore names" && restore_names
  systemctl daemon-reload
  systemctl reset-failed kubelet.service containerd.service kubeadm-kafka-{certificates,report}.service || true
  rm -rf "$RECORD" "$LOG"
elif [[ -d $RECORD ]]; then
  echo "belongs to $(<"$RECORD/owner"), as $(<"$RECORD/node"): left alone"
else
  rm -f "$LOG"
fi
