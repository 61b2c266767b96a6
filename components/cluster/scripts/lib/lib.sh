#!/usr/bin/env bash
# Functions and settings of all host scripts. The program puts this file in front of each, behind the inputs: HOST (the step's
# host), ACTION (the action's name, for messages), MINUTES (its time limit), CLUSTER (the cluster's identity), AT (the host that
# the script runs on, where that isn't HOST) and the inputs that the script names at its top.
# shellcheck disable=SC2034 # scripts use the variables that are set here
set -Eeuo pipefail
# The whole environment, beside PATH: a script starts without one.
export HOME=/root LANG=C.UTF-8
export LC_ALL=C DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
# A login's umask may be narrower, while apt and haproxy read their files as users of their own. Files with secrets get a mode of
# their own.
umask 022

RECORD=/var/lib/kubeadm-kafka     # the host's state before this program, and what the program added: undo.sh restores from it
LOG=/var/log/kubeadm-kafka.log    # output of commands
WORK=/run/kubeadm-kafka-scripts   # for root only: the scripts' lock, and
SCRATCH=$WORK/scratch             # temporary files, in memory; credentials are nowhere else
ARCHIVES=/var/cache/kubeadm-kafka # packages during their installation
export CONTAINER_RUNTIME_ENDPOINT=unix:///run/containerd/containerd.sock
export KUBECACHEDIR=$SCRATCH         # the default is ~/.kube
join_key=$RECORD/join.key            # exists from a host's request to its join
settings=/etc/kubeadm-kafka          # of the proxy to the API servers
leaves_note=kubeadm-kafka/leaves     # annotation of a Node that a script has cordoned
pull_unit=kubeadm-kafka-pull.service # pulls images in the background
# The API server's EncryptionConfiguration, for Secrets in etcd.
encryption_config=/etc/kubernetes/pki/kubeadm-kafka-encryption.yaml

# NetworkManager's list of links that it leaves alone.
network_manager_file=/etc/NetworkManager/conf.d/kubeadm-kafka.conf

# Kernel parameters of a node. The file's name sorts behind 99-sysctl.conf, Debian's link to /etc/sysctl.conf: the last file wins.
sysctl_file=/etc/sysctl.d/99-zz-kubeadm-kafka.conf
sysctl_file_before=/etc/sysctl.d/99-kubeadm-kafka.conf # of earlier versions
# rp_filter: Calico refuses "loose" (2) in `all`. With 0, the value of each network card applies.
parameters="net.ipv4.ip_forward = 1
net.bridge.bridge-nf-call-iptables = 1
net.bridge.bridge-nf-call-ip6tables = 1
net.ipv4.conf.all.rp_filter = 0"

exec 3>&1 4>&2
# `timeout` sends SIGTERM when the action's time is over.
trap 'refuse KK725 "stopped after $MINUTES minutes at \"${STEP:-$BASH_COMMAND}\"; the end of $LOG on ${AT:-that host} has more"' TERM
# undo.sh sends SIGHUP.
trap 'refuse KK731 "stopped at \"${STEP:-$BASH_COMMAND}\", since this host leaves the cluster"' HUP

# Takes the host's lock, and redirects commands' output to the log: stdout is for results, stderr for errors.
begin() {
  take_lock
  open_log
}

# begin, for a prepared host. Checks that after the lock, since the script may have waited for an undo.
begin_on_ours() {
  take_lock
  is_ours || refuse KK731 "this host is no longer prepared for the cluster"
  open_log
}

# begin_on_ours without the lock, for a script that changes nothing on this host and therefore waits for no other.
begin_without_lock() {
  make_work_folder
  is_ours || refuse KK731 "${AT:-this host} is no longer prepared for the cluster"
  SCRATCH=$(mktemp --directory "$SCRATCH.XXXXXX")
  export KUBECACHEDIR=$SCRATCH
  trap 'finish $?' EXIT
  exec >"$SCRATCH/output" 2>&1
}

take_lock() {
  make_work_folder
  exec 9>"$WORK/lock"
  if ! flock --wait 1800 9; then refuse KK712 "another run still works on this host after half an hour"; fi
  trap 'finish $?' EXIT
  keep_output # left by a script that was killed
  rm -rf "$SCRATCH" && mkdir -m 700 "$SCRATCH"
  printf '%s %s\n' "$ACTION" "$PPID" >"$SCRATCH/running" # PPID is `timeout`, the leader of the process group
}

# The lock isn't in /run/lock, where every user could hold it or replace it by a link.
make_work_folder() {
  mkdir -m 700 "$WORK" 2>/dev/null || true
  [[ -d $WORK && ! -L $WORK && -O $WORK ]] || refuse KK781 "$WORK is not a folder of root's own; remove it: sudo rm -r $WORK"
  chmod 700 "$WORK"
}

# Output stays in memory until the end, so that a full disk fails no step.
open_log() {
  [[ -e $LOG ]] || install -m 600 /dev/null "$LOG" 2>/dev/null || true
  exec >"$SCRATCH/output" 2>&1
}

# Appends commands' output to the log, unless the undo has removed it.
keep_output() {
  [[ ! -e $LOG || ! -e $SCRATCH/output ]] || cat "$SCRATCH/output" 2>/dev/null >>"$LOG" || true
}

step() {
  STEP=$1
  printf '%s %s: %s\n' "$(date -u +%FT%TZ)" "$ACTION" "$STEP"
}

result() { printf '%s\n' "$1" >&3; }

# refuse CODE WHY: prints an error for the user, with its code in docs/errors.md, and exits.
refuse() {
  trap '' HUP TERM # `timeout` signals this shell, and then its group, which this shell is in
  complain "$@"
  exit 1
}

# complain CODE WHY: prints one of several errors, without exiting.
complain() {
  REFUSED=yes
  printf '%s: %s: %s [%s]\n' "$HOST" "$ACTION" "$2" "$1" >&4
}

finish() {
  local log_end
  log_end=$(tail -n 15 "$SCRATCH/output" 2>/dev/null) || true
  keep_output
  rm -rf "$SCRATCH"
  [[ $1 == 0 || -n ${REFUSED:-} ]] && return
  printf '%s: %s failed at "%s" (exit code %s). The end of %s on %s:\n%s\n' \
    "$HOST" "$ACTION" "${STEP:-start}" "$1" "$LOG" "${AT:-that host}" "$log_end" >&4
}

is_ours() { [[ -f $RECORD/owner && $(<"$RECORD/owner") == "$CLUSTER" ]]; }

# Prints the node's address; nothing where the host is no node.
node_address() { sed --quiet 's/.*--node-ip=\([0-9.]*\).*/\1/p' /var/lib/kubelet/kubeadm-flags.env 2>/dev/null || true; }

# Prints the certificate authority of the cluster that this host is a node of, PEM in base64; nothing where it is no node. kubeadm
# removes bootstrap-kubelet.conf at the end of a join.
authority_joined() {
  local authority=/etc/kubernetes/pki/ca.crt
  [[ ! -s /etc/kubernetes/kubelet.conf || -e /etc/kubernetes/bootstrap-kubelet.conf || ! -s $authority ]] ||
    base64 --wrap=0 "$authority"
}

# write_kubeconfig FILE AUTHORITY USER: AUTHORITY is PEM in base64, USER the user's fields in YAML.
write_kubeconfig() {
  (umask 077 && cat >"$1") <<-CONFIG
	apiVersion: v1
	kind: Config
	clusters: [{name: cluster, cluster: {server: "https://$ENDPOINT:6443", certificate-authority-data: "$2"}}]
	users: [{name: user, user: {$3}}]
	contexts: [{name: context, context: {cluster: cluster, user: user}}]
	current-context: context
	CONFIG
}

# Whether CERTIFICATE, which admit.sh printed, is for this host's key, and won't expire before the kubelet has a certificate of its
# own.
is_valid() {
  local certificate=$SCRATCH/certificate
  [[ -s $join_key ]] && base64 --decode <<<"$CERTIFICATE" >"$certificate" &&
    openssl x509 -in "$certificate" -noout -checkend 600 &&
    [[ $(openssl x509 -in "$certificate" -noout -pubkey) == "$(openssl pkey -in "$join_key" -pubout)" ]]
}

# write_identity FILE: writes the kubeconfig that this host joins with, as its own node.
write_identity() {
  is_valid ||
    refuse KK770 "has no certificate to join with, or one that has expired or is not for the key that this host has; \
ask for another one: bin/pulumi up --replace '**-$HOST-request'"
  write_kubeconfig "$1" "$AUTHORITY" \
    "client-certificate-data: \"$CERTIFICATE\", client-key-data: \"$(base64 --wrap=0 "$join_key")\""
}

in_container() { systemd-detect-virt --container --quiet; }

# package_version NAME: prints nothing where the package isn't installed.
package_version() {
  dpkg-query --show --showformat='${db:Status-Status} ${Version}' "$1" 2>/dev/null | sed -n 's/^installed //p' || true
}

# put FILE: writes stdin to the file, and records the file for drift.sh. Sets `changed`.
put() {
  applied file "$1"
  write "$1"
}

# write FILE: put, for a file that others may edit. Writes in place, since in containers some files are mounts.
write() {
  cat >"$SCRATCH/put"
  changed=
  if ! cmp --quiet "$SCRATCH/put" "$1"; then
    changed=yes
    mkdir -p "${1%/*}"
    cat "$SCRATCH/put" >"$1"
  fi
}

# Prints /etc/hosts without this program's lines. Earlier versions began theirs behind a last line that had no newline.
others_hosts() {
  awk '
    /# BEGIN kubeadm-kafka$/ { ours = 1; if (sub(/# BEGIN kubeadm-kafka$/, "") && $0 != "") print }
    !ours
    /^# END kubeadm-kafka$/ { ours = 0 }
  ' /etc/hosts
}

# name_api ADDRESS: points the API server's name at ADDRESS in /etc/hosts, and HOST at its own address. Other hosts aren't listed, so
# that a new host changes no other. kube-proxy, in the host's network, restarts, since pods get a copy of the file at their start.
name_api() {
  printf '%s\n' "# BEGIN kubeadm-kafka" "$ADDRESS $HOST" "$1 $ENDPOINT" "# END kubeadm-kafka" | put "$RECORD/hosts"
  write /etc/hosts < <(others_hosts | cat - "$RECORD/hosts")
  applied lines /etc/hosts
  [[ -z $changed ]] || crictl ps --quiet --name '^kube-proxy$' | xargs --no-run-if-empty crictl --timeout 60s stop
}

# applied KIND NAME…: lists things that this step is responsible for, even if it had nothing to change.
applied() {
  local kind=$1
  shift
  printf "$kind %s\n" "$@" >>"$SCRATCH/applied"
}

# Records, at the end of a step, the present state of what it applied, with which drift.sh compares.
keep_applied() {
  local kind name
  mkdir -p "$RECORD/applied"
  sort --unique "$SCRATCH/applied" | while read -r kind name; do
    printf '%s %s %s\n' "$kind" "$name" "$(observed "$kind" "$name")"
  done >"$SCRATCH/manifest"
  mv "$SCRATCH/manifest" "$RECORD/applied/$ACTION"
}

# observed KIND NAME: prints the state of a thing in short; nothing where it is missing. Changes nothing.
observed() {
  case $1 in
  file) sha256sum <"$2" | cut --delimiter=' ' --fields=1 ;;
  hostname) hostname ;;
  lines) sed --quiet '/^# BEGIN kubeadm-kafka$/,/^# END kubeadm-kafka$/{/^#/!p}' "$2" | paste --serial --delimiters=, ;;
  module) has_module "$2" && echo there ;;
  package) dpkg-query --show --showformat='${db:Status-Status}' "$2" ;;
  pinned-package) dpkg-query --show --showformat='${db:Status-Want} ${db:Status-Status} ${Version}' "$2" ;;
  swap) awk 'NR > 1 {print $1}' /proc/swaps | xargs ;;
  sysctl) cat "/proc/sys/${2//.//}" ;;
  unit) { systemctl is-enabled "$2" && systemctl is-active "$2"; } | xargs ;;
  esac 2>/dev/null || true
}

has_module() {
  case $1 in
  overlay) grep --quiet --word-regexp overlay /proc/filesystems ;;
  br_netfilter) [[ -d /proc/sys/net/bridge ]] ;;
  esac
}

# Runs `kubeadm reset` on a worker without its etcd phase, which would empty /var/lib/etcd even if the etcd there is somebody's own.
reset_worker() { kubeadm reset --force --skip-phases=remove-etcd-member; }

# Static pods keep running while the kubelet is stopped, so nobody may have noticed that it is.
start_kubelet() {
  systemctl enable --quiet kubelet
  systemctl start kubelet
  applied unit kubelet.service
}

wait_for_api() {
  local deadline=$((SECONDS + 300))
  until kubectl get --raw /readyz --request-timeout 5s >/dev/null; do
    ((SECONDS < deadline))
    sleep 1
  done
}

# note FILE LINE…: writes to the record what is about to be added, so that the undo removes it even after an interruption.
note() {
  local file=$RECORD/$1 line
  shift
  for line in "$@"; do
    grep --quiet --line-regexp --fixed-strings -- "$line" "$file" 2>/dev/null || printf '%s\n' "$line" >>"$file"
  done
}

# was_recorded PATH: whether it existed before this program. Records of earlier versions have a name a line.
was_recorded() {
  if [[ -e $RECORD/paths-nul ]]; then
    grep --null-data --quiet --line-regexp --fixed-strings -- "$1" "$RECORD/paths-nul"
  else
    grep --quiet --line-regexp --fixed-strings -- "$1" "$RECORD/paths"
  fi
}

# registry_mirror URL: prints containerd's hosts.toml for the mirror.
registry_mirror() {
  cat <<-HOSTS
	server = "$1"
	[host."$1"]
	  capabilities = ["pull", "resolve"]
	  override_path = true
	HOSTS
}

# is_our_mirror FILE: whether registry_mirror has written a hosts.toml. Somebody's own file differs.
is_our_mirror() {
  local url
  url=$(sed --quiet '1s/^server = "\(.*\)"$/\1/p' "$1" 2>/dev/null) && registry_mirror "$url" | cmp --quiet - "$1"
}

# existing PATH…: prints the paths that exist, each ended by NUL, since a name may have any other character.
existing() {
  local path
  for path in "$@"; do
    [[ ! -e $path && ! -L $path ]] || printf '%s\0' "$path"
  done
}

# Folders of a node. The undo removes everything in them that did not exist before.
watched=(/etc/kubernetes /var/lib/kubelet /var/lib/cni /var/lib/calico /var/log/calico /run/calico
  /run/nodeagent /var/log/pods /var/log/containers /usr/libexec/kubernetes)
# A folder of a control plane. On a worker it doesn't exist, or it is somebody's own etcd's.
etcd_folder=/var/lib/etcd
# Folders of a containerd that this program installed. Otherwise they are somebody's.
containerd_watched=(/var/lib/containerd /etc/containerd /run/containerd)
# containerd's files for the mirror of each registry.
registry_files=(/etc/containerd/certs.d/{docker.io,quay.io,registry.k8s.io}/hosts.toml)
# Folders that others use as well. The undo removes a node's known files in them, and the folders that did not exist before.
shared=(/etc/cni/net.d /etc/cni /opt/cni/bin /opt/cni /opt /usr/libexec /etc/apt/keyrings /run/netns /lib/modules
  /etc/containerd/certs.d/{docker.io,quay.io,registry.k8s.io} /etc/containerd/certs.d
  /var/lib/containerd/io.containerd.grpc.v1.cri/{containers,sandboxes} /var/lib/containerd/io.containerd.grpc.v1.cri
  /var/lib/containerd/io.containerd.runtime.v2.task/k8s.io)
# Caches of the package manager, which creates them when it needs them.
package_caches=(/var/lib/apt/lists/auxfiles /var/log/apt/eipp.log.xz
  /var/cache/apt/pkgcache.bin /var/cache/apt/srcpkgcache.bin /var/cache/ldconfig/aux-cache)

# Prints the packet filter's tables, such as "ip nat". A host without nft and iptables has none.
filter_tables() {
  if [[ -x $(command -v nft) ]]; then
    nft list tables | sed 's/^table //'
  elif [[ -x $(command -v iptables-nft-save) ]]; then
    iptables-nft-save | sed -n 's/^[*]/ip /p'
    ip6tables-nft-save | sed -n 's/^[*]/ip6 /p'
  fi
}
