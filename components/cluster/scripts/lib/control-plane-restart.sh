# shellcheck shell=bash
# Restarts static pods of this control plane, and writes their manifests anew, each healthy before the next one. New manifests need
# $SCRATCH/init.yaml, which has the configuration for `kubeadm init phase`, and turn.sh.

declare -A former=() # id of the container that a static pod had before its restart, by the pod's name

# restart_static_pod NAME: restarts a static pod, and waits until the new container is healthy.
restart_static_pod() {
  stop_static_pod "$1"
  wait_for_static_pod "$1"
}

# stop_static_pod NAME: stops a static pod's container, as gently as the kubelet would. The kubelet notices within a second, and
# starts another one in the same pod. The stopped container is removed, since the kubelet would delay a second restart within ten
# minutes by up to five. A changed manifest would restart a pod as well, but the kubelet starts the pod of a new manifest only ten to
# fifteen seconds after the former one has ended.
# https://github.com/kubernetes/kubernetes/blob/v1.34.4/pkg/kubelet/kuberuntime/kuberuntime_manager.go (doBackOff) and
# pkg/kubelet/pod_workers.go (allowPodStart) there.
stop_static_pod() {
  former[$1]=$(container_of "$1")
  if [[ -n ${former[$1]} ]]; then
    crictl --timeout 60s stop --timeout 30 "${former[$1]}"
    crictl rm "${former[$1]}" || true # the kubelet may have been faster
    systemctl start kubelet           # without it nothing starts again
  else
    # The kubelet waits for minutes before it tries a failing container again. It forgets that when it restarts; pods keep running.
    crictl ps --all --quiet --name "^$1\$" | xargs --no-run-if-empty crictl rm || true
    systemctl restart kubelet
  fi
}

# container_of NAME: prints the id of a static pod's running container; nothing where none runs.
container_of() { crictl ps --quiet --name "^$1\$" | sed --quiet 1p; }

# start_of NAME: prints when a static pod's container has started, in nanoseconds since 1970; 0 where none runs.
start_of() {
  local container started=@0
  container=$(container_of "$1")
  [[ -z $container ]] ||
    started=$(crictl inspect --output go-template --template '{{.status.startedAt}}' "$container") || return
  date --date "$started" +%s%N
}

# wait_for_static_pod NAME: waits until another container than the former one is healthy.
wait_for_static_pod() {
  becomes_healthy "$1" ||
    refuse KK941 "$1 isn't healthy five minutes after its restart; \`crictl ps --all\` and \`journalctl --unit kubelet\` on that host \
say why. Its container's log ends so:
$(log_of "$1")"
}

becomes_healthy() {
  local deadline=$((SECONDS + 300))
  until has_new_container "$1" && is_healthy "$1"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.5
  done
}

has_new_container() {
  local container
  container=$(container_of "$1") && [[ -n $container && $container != "${former[$1]:-}" ]]
}

# is_healthy NAME: asks a static pod as the kubelet's probes in kubeadm's manifests do. On loopback nobody else answers, so its
# certificate needs no check.
is_healthy() {
  local url
  case $1 in
  etcd) url=http://127.0.0.1:2381/readyz ;;
  kube-apiserver) url=https://127.0.0.1:6443/readyz ;;
  kube-controller-manager) url=https://127.0.0.1:10257/healthz ;;
  kube-scheduler) url=https://127.0.0.1:10259/readyz ;;
  esac
  # A user name alone is anonymous, and prevents a prompt of kubectl's.
  kubectl --kubeconfig /dev/null --username anyone --insecure-skip-tls-verify --request-timeout 5s \
    --server "${url%/*}" get --raw "/${url##*/}" </dev/null
}

# log_of NAME: prints the end of the log of a static pod's latest container.
log_of() {
  local container
  container=$(crictl ps --all --quiet --name "^$1\$" | sed --quiet 1p) || true
  [[ -z $container ]] || crictl logs --tail 5 "$container" 2>&1 || true
}

# Writes the manifests of the API server, the controller manager and the scheduler anew. A pod whose manifest is the same goes on
# running. etcd keeps its manifest: kubeadm would write one that lists this member alone. Begins this host's turn if a pod restarts.
apply_control_plane_config() {
  local name
  for name in kube-apiserver kube-controller-manager kube-scheduler; do apply_manifest "$name"; done
}

# apply_manifest NAME: a pod that doesn't become healthy with its new manifest gets the former one back.
apply_manifest() {
  local phase=${1#kube-} manifest=/etc/kubernetes/manifests/$1.yaml new=$SCRATCH/manifests before=$SCRATCH/$1.yaml log
  mkdir -p "$new"
  KUBEADM_INIT_DRYRUN_DIR=$new kubeadm init phase control-plane "$phase" --dry-run --config "$SCRATCH/init.yaml"
  former[$1]=
  if ! cmp --quiet "$new/$1.yaml" "$manifest"; then
    begin_turn
    former[$1]=$(container_of "$1")
    cp "$manifest" "$before"
    kubeadm init phase control-plane "$phase" --config "$SCRATCH/init.yaml"
    systemctl start kubelet
  fi
  becomes_healthy "$1" && return
  log=$(log_of "$1")
  if [[ -e $before ]]; then
    former[$1]=
    cp "$before" "$manifest"
    if becomes_healthy "$1"; then end_turn; fi
  fi
  refuse KK942 "$1 isn't healthy five minutes after its settings have changed, and has the settings from before again. Its \
container's log ended so:
$log"
}
