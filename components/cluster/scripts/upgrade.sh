#!/usr/bin/env bash
# Upgrades this node's Kubernetes: kubeadm, a control plane's static pods, and the kubelet. It finds out how far the node is: an
# interrupted upgrade is continued, and a node at the version stays as it is, apart from packages that are no longer pinned. Then
# updates containerd, runc and haproxy, and reboots the host, if that is due.
# Follows turn.sh, packages.sh, kubeadm.sh, etcd.sh, bootstrap-tokens.sh, control-plane-restart.sh, upgrade-room.sh, upgrading.sh, reboot.sh
# and serving-certificate.sh.
# https://kubernetes.io/docs/tasks/administer-cluster/kubeadm/kubeadm-upgrade/
# Inputs: ROLE KUBERNETES_VERSION CRI_TOOLS KUBERNETES_CNI (versions of the packages that come with it) MIRROR, MIRROR_KEY and the
# last task: BOOT (that a reboot ends, or empty) and UPDATES (NAME=VERSION of packages, or empty)
# shellcheck disable=SC2034,SC2154 # packages.sh has arrays of packages, and turn.sh uses `turn_holder`

upgrading=$RECORD/upgrading        # has the version, from before the first change until the node is ready at it
applying=$RECORD/upgrading-cluster # exists on the first control plane until `kubeadm upgrade apply` has ended
updating=$RECORD/updating          # exists from before the first change of packages until the node is ready with them
manifests=/etc/kubernetes/manifests
static_pods=(etcd kube-apiserver kube-controller-manager kube-scheduler)

# A worker has no static pods that others could wait for.
begin_own_turn() { [[ $ROLE == worker ]] || begin_turn $((MINUTES * 60)); }

is_begun() { [[ -e $upgrading && $(<"$upgrading") == "$KUBERNETES_VERSION" ]]; }

# Whether packages and manifests have the version, and no upgrade was interrupted.
is_current() {
  local package component
  [[ ! -e $upgrading ]] || return 1
  for package in "${kubernetes_packages[@]}"; do
    [[ $(package_version "$package") == "$KUBERNETES_VERSION"-* ]] || return 1
  done
  [[ $ROLE != worker ]] || return 0
  for component in apiserver controller-manager scheduler; do
    [[ $(manifest_version "kube-$component") == "$KUBERNETES_VERSION" ]] || return 1
  done
}

# manifest_version NAME: prints the version of a static pod's image.
manifest_version() { sed --quiet "s,.*image: .*/$1:v,,p" "$manifests/$1.yaml" 2>/dev/null || true; }

# kubeadm moves each old manifest away before it moves the new one to its place. If the machine died in between, that static pod is
# missing, and without etcd or the API server kubeadm can't go on. The folders' names have the time.
restore_manifests() {
  local name backup
  for name in "${static_pods[@]}"; do
    [[ ! -e $manifests/$name.yaml ]] || continue
    backup=$(printf '%s\n' /etc/kubernetes/tmp/kubeadm-backup-manifests-*/"$name.yaml" | sort | tail -n 1)
    [[ -e $backup ]] || continue
    install -m 600 "$backup" "/etc/kubernetes/$name.yaml"
    mv "/etc/kubernetes/$name.yaml" "$manifests/$name.yaml"
  done
}

# Refuses a version that can't be reached from what runs here, also where no preview could tell, and a kubelet that would be newer than
# the API servers.
check_path() {
  local kubelet server
  kubelet=$(kubectl get node "$HOST" --output jsonpath='{.status.nodeInfo.kubeletVersion}')
  check_step "${kubelet#v}"
  if [[ $ROLE != worker ]]; then
    check_step "$(manifest_version kube-apiserver)"
    return
  fi
  server=$(kubectl get --raw /version | sed --quiet 's/.*"gitVersion": *"v\([^"]*\)".*/\1/p')
  [[ $(printf '%s\n' "$KUBERNETES_VERSION" "$server" | sort --version-sort | head -n 1) == "$KUBERNETES_VERSION" ]] ||
    refuse KK919 "would run the kubelet $KUBERNETES_VERSION, and the API servers run $server: they are upgraded first; run up for the \
whole stack. Nothing was touched"
}

# check_step VERSION
check_step() {
  comes_after "$1" ||
    refuse KK919 "runs Kubernetes $1, from which $KUBERNETES_VERSION can't be reached: Kubernetes is upgraded by one minor version at \
a time, and never downgraded; set kubernetes.version accordingly. Nothing was touched"
}

# comes_after VERSION: whether KUBERNETES_VERSION is the same, a later patch, or one of the next minor version.
comes_after() {
  local -a from to
  IFS=. read -r -a from <<<"$1"
  IFS=. read -r -a to <<<"$KUBERNETES_VERSION"
  ((to[1] == from[1] + 1 || (to[1] == from[1] && to[2] >= from[2])))
}

# The cluster's version by kubeadm's own record, which `kubeadm upgrade apply` changes when the first control plane's static pods run.
recorded_version() {
  kubectl get configmap kubeadm-config --namespace kube-system --output 'go-template={{.data.ClusterConfiguration}}' |
    sed --quiet 's/^kubernetesVersion: v//p'
}

# The first control plane saves etcd's data, before the cluster's first change. Only the latest snapshot is kept.
begin_upgrade() {
  local recorded=$KUBERNETES_VERSION
  [[ $ROLE == worker ]] || recorded=$(recorded_version)
  rm -f "$applying" # of an upgrade that was taken back
  if [[ $recorded != "$KUBERNETES_VERSION" ]]; then
    etcdctl "$HOST" snapshot save /var/lib/etcd/kubeadm-kafka-before-upgrade.db
    : >"$applying"
  fi
  printf '%s\n' "$KUBERNETES_VERSION" >"$upgrading.new" && mv "$upgrading.new" "$upgrading"
}

# The preflight has looked already, but maybe days ago: a refused `up` has run it for this version.
check_room() {
  local lack free disk required
  lack=$(lacking_room 256)
  [[ -n $lack ]] || return 0
  read -r free disk required <<<"$lack"
  refuse KK915 "$free MiB free on the disk at $disk, and its upgrade to $KUBERNETES_VERSION needs $required; free some or enlarge the \
disk, and run up again. The host still runs what it ran, and takes no pods until then"
}

# at_version PACKAGE VERSION: prints what apt shall install. Upstream's repository of a minor version may have another version of a
# package that has versions of its own.
at_version() {
  if apt --simulate --allow-change-held-packages --allow-downgrades install "$1=$2-*" >/dev/null; then
    echo "$1=$2-*"
  else
    echo "$1"
  fi
}

# install_at_version PACKAGE…: also downgrades what an upgrade that was taken back has left; what runs is never downgraded (check_path).
install_at_version() { apt_install --allow-change-held-packages --allow-downgrades "$@"; }

# shellcheck disable=SC2016 # a template's variables, not the shell's
nodes_for_a_trial='{{range .items}}{{$free := true}}{{range .spec.taints}}
{{- if and (ne .effect "PreferNoSchedule") (ne .key "node-role.kubernetes.io/control-plane")}}{{$free = false}}{{end}}{{end}}
{{- if $free}}{{.metadata.name}}{{"\n"}}{{end}}{{end}}'

# `kubeadm upgrade apply` tries whether the cluster runs a Job, which tolerates no taint but the control planes'. It leaves that out if
# all nodes are cordoned, but not if those that aren't have taints of the config, as next to the only control plane, which is cordoned
# for its upgrade. Prints the flag for that.
# https://github.com/kubernetes/kubernetes/blob/v1.35.4/cmd/kubeadm/app/phases/upgrade/health.go (createJob)
ignored_trial() {
  local nodes
  nodes=$(kubectl get nodes --field-selector spec.unschedulable=false --output "go-template=$nodes_for_a_trial")
  [[ -n $nodes ]] || echo --ignore-preflight-errors=CreateJob
}

# The first control plane changes the cluster's settings, all others follow them. kubeadm renews certificates on the way, and applies
# the host's own settings, as at init and join. An `apply` that was interrupted is repeated: of its last phases, `node` lacks the one
# that lets API servers reach kubelets.
# https://github.com/kubernetes/kubernetes/blob/v1.36.3/cmd/kubeadm/app/cmd/phases/upgrade/apply/bootstraptoken.go
run_kubeadm() {
  local flags=(--patches "$RECORD/patches") trial
  mapfile -t -O 2 flags < <(ignored_errors)
  if [[ -e $applying ]]; then
    trial=$(ignored_trial) # a command of its own: where the API server doesn't say, nothing goes on
    kubeadm upgrade apply "v$KUBERNETES_VERSION" --yes "${flags[@]}" ${trial:+"$trial"}
    rm "$applying"
  else
    kubeadm upgrade node "${flags[@]}"
  fi
}

# Waits until this control plane and all members of etcd are well, since the next one goes down after that.
wait_for_control_plane() {
  local deadline
  wait_for_api
  kubectl wait pod --namespace kube-system --selector tier=control-plane --field-selector "spec.nodeName=$HOST" \
    --for condition=Ready --timeout 300s
  deadline=$((SECONDS + 180))
  until etcdctl "$HOST" endpoint health --cluster 2>"$SCRATCH/etcd"; do
    ((SECONDS < deadline)) ||
      refuse KK914 "etcd is not well after the upgrade of this control plane, so no other host was touched: \
$(grep --max-count=1 unhealthy "$SCRATCH/etcd" || tail -n 1 "$SCRATCH/etcd")"
    sleep 2
  done
}

# kubeadm has written the kubelet's file anew, with the host's own settings: that is no drift from what prepare.sh has recorded.
record_kubelet_config() {
  local record=$RECORD/applied/prepare file=/var/lib/kubelet/config.yaml
  grep --quiet "^file $file " "$record" || return 0
  sed "s,^file $file .*,file $file $(observed file "$file")," "$record" >"$SCRATCH/prepare"
  mv "$SCRATCH/prepare" "$record"
}

# kubeadm copies etcd's data before it changes etcd, and leaves the copies, which would fill the disk over the years.
remove_copies() { rm -rf /etc/kubernetes/tmp/kubeadm-{backup-etcd-,upgraded-manifests}*; }

# What the API server has of the node is from before the restart until the kubelet posts it anew, as it does at its start.
restart_kubelet_at_version() {
  local deadline=$((SECONDS + 300)) since before facts
  until before=$(heartbeat); do
    ((SECONDS < deadline))
    sleep 1
  done
  since=$(date +%s)
  systemctl daemon-reload
  systemctl restart kubelet
  while true; do
    facts=$(kubectl get node "$HOST" --output \
      jsonpath='{.status.nodeInfo.kubeletVersion} {range .status.conditions[?(@.type=="Ready")]}{.status} {.lastHeartbeatTime}{end}') || true
    [[ $facts != "v$KUBERNETES_VERSION True "* || $facts == *" $before" ]] || return 0
    ((SECONDS < deadline)) ||
      refuse KK913 "is not Ready at v$KUBERNETES_VERSION after its upgrade (${facts:-the API server says nothing}). The hosts behind it \
were not touched. The end of the kubelet's log:
$(journalctl _SYSTEMD_UNIT=kubelet.service --since "@$since" --output cat --no-pager | tail -n 5)"
    sleep 1
  done
}

heartbeat() { kubectl get node "$HOST" --output jsonpath='{.status.conditions[?(@.type=="Ready")].lastHeartbeatTime}'; }

# A kubelet of another minor version gives static pods other UIDs, and so makes them anew: etcd and the API server stop once more, a
# second or two after the kubelet has said that its node is Ready.
# https://github.com/kubernetes/kubernetes/blob/v1.35.4/pkg/kubelet/config/common.go (applyDefaults: a hash of the whole Pod)
wait_for_static_pods() {
  local name deadline=$((SECONDS + 300))
  for name in "${static_pods[@]}"; do
    until runs_for_kubelet "$name" && is_healthy "$name"; do
      ((SECONDS < deadline)) ||
        refuse KK941 "$name isn't healthy five minutes after the kubelet's restart; \`crictl ps --all\` and \`journalctl --unit \
kubelet\` on that host say why. Its container's log ends so:
$(log_of "$name")"
      sleep 0.5
    done
  done
}

# runs_for_kubelet NAME: whether the static pod's container is of the pod that the kubelet wants.
runs_for_kubelet() {
  local pods uid
  pods=$(ask_kubelet /pods) || return
  uid=$(grep --only-matching "\"name\":\"$1-$HOST\",\"namespace\":\"kube-system\",\"uid\":\"[^\"]*\"" <<<"$pods" | cut -d '"' -f 12)
  [[ -n $uid && -n $(crictl ps --quiet --name "^$1\$" --label "io.kubernetes.pod.uid=$uid") ]]
}

# ask_kubelet PATH: its certificate isn't for this address, and on loopback nobody else answers.
ask_kubelet() {
  local client=/etc/kubernetes/pki/apiserver-kubelet-client
  kubectl --kubeconfig /dev/null --server https://127.0.0.1:10250 --insecure-skip-tls-verify --client-certificate "$client.crt" \
    --client-key "$client.key" --request-timeout 5s get --raw "$1"
}

# Installs the task's versions that are newer, if before-upgrade.sh has freed the node, and continues an interrupted update. A package
# that is only half installed counts as older. containerd's package restarts it, while containers run on.
update_if_due() {
  local update freed wanted=()
  for update in $UPDATES; do
    ! dpkg --compare-versions "$(package_version "${update%%=*}")" lt "${update#*=}" || wanted+=("$update")
  done
  [[ -n ${wanted[*]} || -e $updating ]] || return 0
  freed=$(upgrade_state)
  [[ -n $freed ]] || return 0
  begin_own_turn
  : >"$updating"
  step "finish an interrupted installation" && { dpkg --configure --pending || finish_others_packages; }
  if [[ -n ${wanted[*]} ]]; then
    step "read the package lists" && apt_update
    step "look which versions are still offered" && mapfile -t wanted < <(still_offered "${wanted[@]}")
  fi
  if [[ -n ${wanted[*]} ]]; then
    step "update ${wanted[*]}" && apt_install --only-upgrade "${wanted[@]}"
    rm -rf "$ARCHIVES"
  fi
  step "wait for containerd" && wait_for_containerd
  [[ $UPDATES != *haproxy=* ]] || systemctl try-restart kubeadm-kafka-api.service
  step "restart the kubelet" && restart_kubelet_at_version
  rm "$updating"
}

# still_offered NAME=VERSION…: prints those that the source has, and that nobody has pinned since the report, which may be a day old. The
# others would fail in each run, with the node cordoned: after-upgrade.sh waits until the next report lacks them.
still_offered() {
  local update
  for update in "$@"; do
    [[ $(observed pinned-package "${update%%=*}") != hold* ]] || continue
    ! apt --simulate --only-upgrade install "$update" >&2 || echo "$update"
  done
}

# Reboots the host in the boot that is to end, if before-upgrade.sh has freed the node.
reboot_if_due() {
  local here freed
  here=$(boot_id)
  [[ -n $BOOT && $here == "$BOOT" ]] || return 0
  freed=$(upgrade_state)
  [[ -n $freed ]] || return 0
  # after-upgrade.sh ends this turn, while a timer on this host may have one of its own.
  turn_holder=$HOST/reboot
  begin_own_turn
  step "wait for other installations" && finish_others_packages
  step "let the host reboot" && reboot_afterwards
}

# Orders a reboot for when this script has ended, and with it its lock. From here on no login is let in, since its step would end
# with the boot; should the reboot fail, logins are let in again.
reboot_afterwards() {
  local unit logins=()
  # A login of the next `up` may have waited for the lock that the order waits for as well.
  ! systemctl is-active --quiet kubeadm-kafka-reboot.service || return 0
  for unit in ssh.socket ssh.service; do
    ! systemctl is-active --quiet "$unit" || logins+=("$unit")
  done
  printf '%s %s\n' "$BOOT" "$(why_reboot)" >"$rebooted_for"
  systemd-run --quiet --collect --unit kubeadm-kafka-reboot -- \
    sh -c "flock --wait 1800 $WORK/lock true; sleep 3; systemctl reboot"
  [[ -n ${logins[*]} ]] || return 0
  systemd-run --quiet --collect --unit kubeadm-kafka-logins --on-active 600 -- systemctl start "${logins[@]}"
  systemctl stop "${logins[@]}"
}

begin_on_ours
# A worker's kubelet has the rights that kubeadm needs there.
export KUBECONFIG=/etc/kubernetes/kubelet.conf
[[ $ROLE == worker ]] || KUBECONFIG=/etc/kubernetes/admin.conf

if ! is_current; then
  if [[ -e $upgrading && $ROLE != worker ]]; then
    step "put back manifests that an interrupted run has moved away" && restore_manifests
  fi
  step "start the kubelet" && start_kubelet
  step "wait for the API server" && wait_for_api
  if ! is_begun; then
    step "look whether the version can be reached" && check_path
    step "look for room" && check_room
    step "take a snapshot of etcd" && begin_upgrade
  fi
  step "finish an interrupted installation" && { dpkg --configure --pending || finish_others_packages; }
  step "list the source of packages" && write_apt_source
  step "read the package lists" && apt_update
  step "install kubeadm" &&
    install_at_version {kubeadm,kubectl}="$KUBERNETES_VERSION-*" "$(at_version cri-tools "$CRI_TOOLS")"
  if [[ $ROLE != worker ]]; then
    step "look at the rights of bootstrap tokens" && note_tokens
  fi
  begin_own_turn
  step "kubeadm upgrade" && run_kubeadm
  record_kubelet_config
  if [[ $ROLE != worker ]]; then
    step "wait for the control plane" && wait_for_control_plane
    step "revoke the rights of bootstrap tokens" && revoke_tokens_again
    step "remove kubeadm's copies of etcd" && remove_copies
  fi
  step "install the kubelet" &&
    install_at_version kubelet="$KUBERNETES_VERSION-*" "$(at_version kubernetes-cni "$KUBERNETES_CNI")"
  rm -rf "$ARCHIVES"
  step "restart the kubelet" && restart_kubelet_at_version
  step "wait for the kubelet's certificate" && wait_for_serving_certificate
  if [[ $ROLE != worker ]]; then
    step "wait for the static pods of this kubelet" && wait_for_static_pods
    step "wait for the control plane" && wait_for_control_plane
  fi
  rm "$upgrading"
fi
update_if_due
step "pin the packages" && pin_packages
applied pinned-package "${pinned_packages[@]}"
step "write down what was applied" && keep_applied
if [[ $ROLE != worker ]]; then
  step "let the next control plane go on" && end_turn
fi
[[ -z $UPDATES ]] || systemctl start --no-block kubeadm-kafka-report.service || true
reboot_if_due
