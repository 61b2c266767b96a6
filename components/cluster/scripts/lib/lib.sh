#!/usr/bin/env bash
# What every host script starts with. The program puts it in front of each, after the inputs: HOST (the host's name),
# ACTION (what is being done, for messages), MINUTES (how long it may take), CLUSTER (whose host this is), AT (the host that
# it runs on, where that is another one) and what the script itself names at its top.
# shellcheck disable=SC2034 # what is set here is used there
set -Eeuo pipefail
# All that there is of an environment: a script is started with a PATH and nothing else.
export HOME=/root LANG=C.UTF-8
export LC_ALL=C DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
# A login may have a narrower one, and apt and haproxy read their files as users of their own. Files that hold secrets get
# their own modes.
umask 022

RECORD=/var/lib/kubeadm-kafka     # what was here before us, and what we added: the undo works from it
LOG=/var/log/kubeadm-kafka.log    # what the commands said
WORK=/run/kubeadm-kafka-scripts   # nobody but root enters it: the scripts' lock, and
SCRATCH=$WORK/scratch             # memory only; credentials are nowhere else
ARCHIVES=/var/cache/kubeadm-kafka # packages, while they are being installed
export CONTAINER_RUNTIME_ENDPOINT=unix:///run/containerd/containerd.sock
export KUBECACHEDIR=$SCRATCH         # or kubectl leaves ~/.kube
join_key=$RECORD/join.key            # of a host that asked to join, until it has joined
settings=/etc/kubeadm-kafka          # of programs that run here for the node
leaves_note=kubeadm-kafka/leaves     # an annotation of a Node that we have cordoned
pull_unit=kubeadm-kafka-pull.service # gets images while other things are done
# How Secrets are kept in etcd.
encryption_config=/etc/kubernetes/pki/kubeadm-kafka-encryption.yaml

exec 3>&1 4>&2
# The step's time is over: `timeout` ends whatever runs now.
trap 'refuse KK725 "stopped after $MINUTES minutes at \"${STEP:-$BASH_COMMAND}\"; the end of $LOG on ${AT:-that host} has more"' TERM
# undo.sh says so.
trap 'refuse KK731 "stopped at \"${STEP:-$BASH_COMMAND}\", since this host leaves the cluster"' HUP

# Takes the host's lock, and keeps what commands print for the log: stdout is for results, stderr for why it failed.
begin() {
  take_lock
  open_log
}

# The same for what follows prepare.sh: it may have waited here for the end of an undo.
begin_on_ours() {
  take_lock
  is_ours || refuse KK731 "this host is no longer prepared for the cluster"
  open_log
}

# The same for a step that changes nothing on this host: it waits for no other step here.
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
  keep_output # of a script that was killed
  rm -rf "$SCRATCH" && mkdir -m 700 "$SCRATCH"
  printf '%s %s\n' "$ACTION" "$PPID" >"$SCRATCH/running" # `timeout` leads a group of processes
}

# In /run/lock, where everybody may write, anybody could hold the lock, or have put a link in its place.
make_work_folder() {
  mkdir -m 700 "$WORK" 2>/dev/null || true
  [[ -d $WORK && ! -L $WORK && -O $WORK ]] || refuse KK781 "$WORK is not a folder of root's own; remove it: sudo rm -r $WORK"
  chmod 700 "$WORK"
}

# What commands print is kept in memory until the end, so that no step fails for want of space for its log.
open_log() {
  [[ -e $LOG ]] || install -m 600 /dev/null "$LOG" 2>/dev/null || true
  exec >"$SCRATCH/output" 2>&1
}

# Puts what commands have printed into the log, where there is one: the undo removes it.
keep_output() {
  [[ ! -e $LOG || ! -e $SCRATCH/output ]] || cat "$SCRATCH/output" 2>/dev/null >>"$LOG" || true
}

step() {
  STEP=$1
  printf '%s %s: %s\n' "$(date -u +%FT%TZ)" "$ACTION" "$STEP"
}

result() { printf '%s\n' "$1" >&3; }

# refuse CODE WHY: says why in the user's words, with the code under which docs/errors.md has it, and stops.
refuse() {
  trap '' HUP TERM # `timeout` sends both to this shell and then to its group: once more to this shell
  complain "$@"
  exit 1
}

# complain CODE WHY: the same for one of several reasons, without stopping.
complain() {
  REFUSED=yes
  printf '%s: %s: %s [%s]\n' "$HOST" "$ACTION" "$2" "$1" >&4
}

finish() {
  local said
  said=$(tail -n 15 "$SCRATCH/output" 2>/dev/null) || true
  keep_output
  rm -rf "$SCRATCH"
  [[ $1 == 0 || -n ${REFUSED:-} ]] && return
  printf '%s: %s failed at "%s" (exit code %s). The end of %s on %s:\n%s\n' \
    "$HOST" "$ACTION" "${STEP:-start}" "$1" "$LOG" "${AT:-that host}" "$said" >&4
}

is_ours() { [[ -f $RECORD/owner && $(<"$RECORD/owner") == "$CLUSTER" ]]; }

# The address that this host is a node by; nothing where it is none.
node_address() { sed --quiet 's/.*--node-ip=\([0-9.]*\).*/\1/p' /var/lib/kubelet/kubeadm-flags.env 2>/dev/null || true; }

# The certificate authority, PEM in base64, of the cluster that this host is a node of; nothing where it is none. kubeadm
# removes bootstrap-kubelet.conf when it is through.
authority_joined() {
  local authority=/etc/kubernetes/pki/ca.crt
  [[ ! -s /etc/kubernetes/kubelet.conf || -e /etc/kubernetes/bootstrap-kubelet.conf || ! -s $authority ]] ||
    base64 --wrap=0 "$authority"
}

# write_kubeconfig FILE AUTHORITY USER: for the API server's name; AUTHORITY is PEM in base64, USER as a kubeconfig has it.
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

# Whether the certificate that admit.sh has signed (CERTIFICATE) is for this host's key, and lasts until the kubelet has one
# of its own.
is_valid() {
  local certificate=$SCRATCH/certificate
  [[ -s $join_key ]] && base64 --decode <<<"$CERTIFICATE" >"$certificate" &&
    openssl x509 -in "$certificate" -noout -checkend 600 &&
    [[ $(openssl x509 -in "$certificate" -noout -pubkey) == "$(openssl pkey -in "$join_key" -pubout)" ]]
}

# write_identity FILE: a kubeconfig by which this host joins, as its own node.
write_identity() {
  is_valid ||
    refuse KK770 "has no certificate to join with, or one that has expired or is not for the key that this host has; \
ask for another one: bin/pulumi up --replace '**-$HOST-request'"
  write_kubeconfig "$1" "$AUTHORITY" \
    "client-certificate-data: \"$CERTIFICATE\", client-key-data: \"$(base64 --wrap=0 "$join_key")\""
}

in_container() { systemd-detect-virt --container --quiet; }

# Nothing where it isn't installed.
package_version() {
  dpkg-query --show --showformat='${db:Status-Status} ${Version}' "$1" 2>/dev/null | sed -n 's/^installed //p' || true
}

# put FILE: stdin becomes its content, and has to stay it. Sets `changed`.
put() {
  applied file "$1"
  write "$1"
}

# write FILE: the same of a file that others may edit later. In place: in containers some files are mounts.
write() {
  cat >"$SCRATCH/put"
  changed=
  if ! cmp --quiet "$SCRATCH/put" "$1"; then
    changed=yes
    mkdir -p "${1%/*}"
    cat "$SCRATCH/put" >"$1"
  fi
}

# /etc/hosts without our lines; each line ends. Earlier versions wrote theirs right behind a last line that had no end.
others_hosts() {
  awk '
    /# BEGIN kubeadm-kafka$/ { ours = 1; if (sub(/# BEGIN kubeadm-kafka$/, "") && $0 != "") print }
    !ours
    /^# END kubeadm-kafka$/ { ours = 0 }
  ' /etc/hosts
}

# name_api ADDRESS: there leads the API server's name from now on. Only that and the host's own name are listed, not other
# hosts, so that adding one touches no other. Pods in the host's network got a copy when they started.
name_api() {
  printf '%s\n' "# BEGIN kubeadm-kafka" "$ADDRESS $HOST" "$1 $ENDPOINT" "# END kubeadm-kafka" | put "$RECORD/hosts"
  write /etc/hosts < <(others_hosts | cat - "$RECORD/hosts")
  applied lines /etc/hosts
  [[ -z $changed ]] || crictl ps --quiet --name '^kube-proxy$' | xargs --no-run-if-empty crictl --timeout 60s stop
}

# applied KIND NAME…: what this step sees to, whether there was anything left to do or not.
applied() {
  local kind=$1
  shift
  printf "$kind %s\n" "$@" >>"$SCRATCH/applied"
}

# The end of a step: writes down how all of that is now. drift.sh compares it with how it is then.
keep_applied() {
  local kind name
  mkdir -p "$RECORD/applied"
  sort --unique "$SCRATCH/applied" | while read -r kind name; do
    printf '%s %s %s\n' "$kind" "$name" "$(observed "$kind" "$name")"
  done >"$SCRATCH/manifest"
  mv "$SCRATCH/manifest" "$RECORD/applied/$ACTION"
}

# observed KIND NAME: how it is, in few words; nothing where it is missing. Only looks.
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

# Removes what kubeadm has made on a worker. Its phase for etcd is left out: that one empties /var/lib/etcd even where no etcd
# of kubeadm's has ever been, but somebody's own.
reset_worker() { kubeadm reset --force --skip-phases=remove-etcd-member; }

# Static pods go on without a kubelet, so whoever stopped it may not have noticed.
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

# note FILE LINE…: remembers in the record what we are about to add, before it is added, so that the undo knows of it.
note() {
  local file=$RECORD/$1 line
  shift
  for line in "$@"; do
    grep --quiet --line-regexp --fixed-strings -- "$line" "$file" 2>/dev/null || printf '%s\n' "$line" >>"$file"
  done
}

# was_recorded PATH: it was there before us. Earlier versions have a line a name.
was_recorded() {
  if [[ -e $RECORD/paths-nul ]]; then
    grep --null-data --quiet --line-regexp --fixed-strings -- "$1" "$RECORD/paths-nul"
  else
    grep --quiet --line-regexp --fixed-strings -- "$1" "$RECORD/paths"
  fi
}

# registry_mirror URL: as containerd is told of it.
registry_mirror() {
  cat <<-HOSTS
	server = "$1"
	[host."$1"]
	  capabilities = ["pull", "resolve"]
	  override_path = true
	HOSTS
}

# is_our_mirror FILE: it is a registry's file, as we write it. Somebody's own isn't the same to the letter.
is_our_mirror() {
  local url
  url=$(sed --quiet '1s/^server = "\(.*\)"$/\1/p' "$1" 2>/dev/null) && registry_mirror "$url" | cmp --quiet - "$1"
}

# existing PATH…: those of them that exist, each ended by NUL, since a name may have any other character.
existing() {
  local path
  for path in "$@"; do
    [[ ! -e $path && ! -L $path ]] || printf '%s\0' "$path"
  done
}

# Everything that a node leaves in these is removed by the undo, unless it was there before.
watched=(/etc/kubernetes /var/lib/kubelet /var/lib/cni /var/lib/calico /var/log/calico /run/calico
  /run/nodeagent /var/log/pods /var/log/containers /usr/libexec/kubernetes)
# The same on a control plane. On a worker this is nobody's, or the folder of somebody's own etcd.
etcd_folder=/var/lib/etcd
# The same where containerd came with us; else they are someone's.
containerd_watched=(/var/lib/containerd /etc/containerd /run/containerd)
# Where containerd finds the mirror of each registry.
registry_files=(/etc/containerd/certs.d/{docker.io,quay.io,registry.k8s.io}/hosts.toml)
# These are shared with others: only what is known to be a node's goes, and they themselves if we made them.
shared=(/etc/cni/net.d /etc/cni /opt/cni/bin /opt/cni /opt /usr/libexec /etc/apt/keyrings /run/netns /lib/modules
  /etc/containerd/certs.d/{docker.io,quay.io,registry.k8s.io} /etc/containerd/certs.d
  /var/lib/containerd/io.containerd.grpc.v1.cri/{containers,sandboxes} /var/lib/containerd/io.containerd.grpc.v1.cri
  /var/lib/containerd/io.containerd.runtime.v2.task/k8s.io)
# Made by the package manager on the way, and made anew when it needs them.
package_caches=(/var/lib/apt/lists/auxfiles /var/log/apt/eipp.log.xz
  /var/cache/apt/pkgcache.bin /var/cache/apt/srcpkgcache.bin /var/cache/ldconfig/aux-cache)

# Tables of the packet filter: "ip nat". A host without nft and iptables has none.
filter_tables() {
  if [[ -x $(command -v nft) ]]; then
    nft list tables | sed 's/^table //'
  elif [[ -x $(command -v iptables-nft-save) ]]; then
    iptables-nft-save | sed -n 's/^[*]/ip /p'
    ip6tables-nft-save | sed -n 's/^[*]/ip6 /p'
  fi
}
