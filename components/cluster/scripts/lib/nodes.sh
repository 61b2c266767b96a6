# shellcheck shell=bash
# How a node goes, wherever it is done from. Needs an administrator's KUBECONFIG.
# Inputs: DRAIN_SECONDS (where a node is drained)
# shellcheck disable=SC2154 # `leaves_note` is in lib.sh

# Not as long as nobody can say.
is_dead() {
  local ready
  ready=$(kubectl get node "$1" --output jsonpath='{.status.conditions[?(@.type=="Ready")].status}') &&
    [[ $ready != True ]]
}

# drain_node NAME: its pods move elsewhere, as far as disruption budgets allow. Those of a dead one can't: that it is dead
# shows within a minute, and ends the wait.
drain_node() {
  local there draining drained=yes
  there=$(kubectl get node "$1" --ignore-not-found --output jsonpath='{.metadata.name} {.spec.unschedulable}')
  [[ -n $there ]] || return 0
  # Only a cordon of ours is noted, for admit.sh to take back: an administrator's outlasts a leave that is taken back.
  if [[ $there != *" true" ]]; then
    kubectl annotate node "$1" "$leaves_note=yes" --overwrite
    kubectl cordon "$1"
  fi
  ! is_dead "$1" || return 0
  kubectl drain "$1" --ignore-daemonsets --delete-emptydir-data --force --timeout "${DRAIN_SECONDS}s" 2>"$SCRATCH/drain" &
  draining=$!
  while kill -0 "$draining" && ! is_dead "$1"; do sleep 1; done
  kill "$draining" || true
  wait "$draining" || drained=
  cat "$SCRATCH/drain"
  [[ -n $drained ]] || is_dead "$1" ||
    refuse KK720 "pods on $1 would not move within $DRAIN_SECONDS seconds: $(grep --max-count=1 -i 'error' "$SCRATCH/drain")"
}

# refuse_to_lose_volumes NAME: where claims that nobody has given up are bound to volumes on its disk, whether a pod uses them now
# or not. The preview goes by the same rule, in volumesPlan.ts. Where the API server can't say, nothing goes on.
refuse_to_lose_volumes() {
  local volumes claims sets volume claim held=() remedy=()
  volumes=$(kubectl get pv --output jsonpath="{range .items[*]}$volume_host {.metadata.name}{'\n'}{end}")
  claims=$(kubectl get pvc --all-namespaces --output "go-template=$claimed_volumes")
  sets=$(kubectl get statefulsets --all-namespaces --output "go-template=$kafka_sets")
  while read -r volume claim; do
    grep --quiet --line-regexp --fixed-strings -- "$1 $volume" <<<"$volumes" || continue
    ! is_of_removed_node "$claim" "$sets" || continue
    held+=("$claim")
    remedy+=("kubectl delete pvc ${claim#*/} --namespace ${claim%/*} --wait=false;")
  done < <(sort --key 2 <<<"$claims")
  ((${#held[@]} == 0)) ||
    refuse KK806 "$1 would leave with the volumes of ${held[*]}, which are on its disk. Leave it in the config as it was; or, if others have replicas \
of what is there, close the host to pods and give these up, so that up moves them: kubectl cordon $1; ${remedy[*]} The host was not touched"
}

volume_host='{.spec.nodeAffinity.required.nodeSelectorTerms[*].matchExpressions[?(@.key=="kubernetes.io/hostname")].values[*]}'
# VOLUME NAMESPACE/CLAIM of each claim that nobody has given up.
claimed_volumes='{{range .items}}{{if and .spec.volumeName (not .metadata.deletionTimestamp)}}{{.spec.volumeName}} {{.metadata.namespace}}/{{.metadata.name}}{{"\n"}}{{end}}{{end}}'
# NAMESPACE NAME REPLICAS of each StatefulSet of Kafka's nodes.
# shellcheck disable=SC2016 # a template's variables, not the shell's
kafka_sets='{{range .items}}{{$set := .}}{{with .metadata.annotations}}{{if index . "kubeadm-kafka/storage"}}{{$set.metadata.namespace}} {{$set.metadata.name}} {{$set.spec.replicas}}{{"\n"}}{{end}}{{end}}{{end}}'

# is_of_removed_node CLAIM SETS: Kafka has drained its node before the StatefulSet shrank, so it holds nothing that is needed. No plan
# has a StatefulSet without nodes: somebody has stopped those of one with 0 replicas.
is_of_removed_node() {
  local namespace set replicas
  while read -r namespace set replicas; do
    if [[ $1 =~ ^"$namespace"/data(-[0-9]+)?-"$set"-([0-9]+)$ ]] && ((replicas > 0 && 10#${BASH_REMATCH[2]} >= replicas)); then
      return 0
    fi
  done <<<"$2"
  return 1
}

# ready_members NAME: NAMESPACE/POD of each pod of a StatefulSet that runs there and is ready. It comes back under its name.
ready_members() {
  kubectl get pods --all-namespaces --field-selector "spec.nodeName=$1" --output "go-template=$members_ready"
}

# shellcheck disable=SC2016 # a template's variables, not the shell's
members_ready='{{range .items}}{{$pod := printf "%s/%s" .metadata.namespace .metadata.name}}{{$ready := false}}{{range .status.conditions}}{{if and (eq .type "Ready") (eq .status "True")}}{{$ready = true}}{{end}}{{end}}{{if $ready}}{{range .metadata.ownerReferences}}{{if eq .kind "StatefulSet"}}{{$pod}}{{"\n"}}{{end}}{{end}}{{end}}{{end}}'

# wait_for_members NAME PODS: that ran on the node NAME are ready elsewhere.
wait_for_members() {
  local pod deadline=$((SECONDS + DRAIN_SECONDS))
  for pod in $2; do
    until kubectl wait pod "${pod#*/}" --namespace "${pod%/*}" --for condition=Ready --timeout 5s; do
      ((SECONDS < deadline)) ||
        refuse KK841 "$1 has left, and $pod, which ran there, is not ready elsewhere after $DRAIN_SECONDS seconds; \
kubectl describe pod ${pod#*/} --namespace ${pod%/*} says why"
      sleep 1
    done
  done
}

# delete_node NAME: with the pods that nobody is left to stop, and the volumes on its disk that nobody claims any more, whose
# provisioner would ask for that node for good.
delete_node() {
  local all
  all=$(objects_of "$1")
  kubectl delete node "$1" --ignore-not-found --wait=false
  forget_volumes "$1"
  kubectl delete pods --all-namespaces --field-selector "spec.nodeName=$1" --force --grace-period 0 --wait=false
  wait_until_gone "$1" "$all"
}

# objects_of NAME: UID KIND/NAME of the Node, and UID NAMESPACE/NAME of each pod there.
objects_of() {
  kubectl get node "$1" --ignore-not-found --output jsonpath='{.metadata.uid} node/{.metadata.name}{"\n"}' &&
    kubectl get pods --all-namespaces --field-selector "spec.nodeName=$1" --output jsonpath="$pod_ids"
}

pod_ids='{range .items[*]}{.metadata.uid} {.metadata.namespace}/{.metadata.name}{"\n"}{end}'

# wait_until_gone NAME OBJECTS: as long as they become fewer. kubectl itself would wait for good, and hold this host's lock, where
# nobody removes a finalizer.
wait_until_gone() {
  local left=$2 before now since=$SECONDS
  while [[ -n $left ]]; do
    before=$left
    now=$(objects_of "$1")
    left=$(comm -12 <(sort <<<"$before") <(sort <<<"$now"))
    [[ $left == "$before" ]] || since=$SECONDS
    [[ -z $left ]] || ((SECONDS - since < 120)) ||
      refuse KK846 "$1 has left, but these were deleted and don't go: $(cut --delimiter=' ' --fields=2 <<<"$left" | xargs). A finalizer \
holds each of them: see metadata.finalizers, and what should remove it; then run up again"
    [[ -z $left ]] || sleep 1
  done
}

forget_volumes() {
  local node volume namespace name claim given_up claimed
  kubectl get pv --output jsonpath="{range .items[*]}$volume_host {.metadata.name} {.spec.claimRef.namespace} {.spec.claimRef.name}{'\n'}{end}" |
    while read -r node volume namespace name; do
      [[ $node == "$1" && -n $name ]] || continue # one without a claim was made by hand
      claim=(pvc "$name" --namespace "$namespace")
      # One that was given up goes when its pod has gone.
      given_up=$(kubectl get "${claim[@]}" --ignore-not-found --output jsonpath='{.metadata.deletionTimestamp}')
      [[ -z $given_up ]] || kubectl wait "${claim[@]}" --for delete --timeout 60s
      claimed=$(kubectl get "${claim[@]}" --ignore-not-found --output jsonpath='{.spec.volumeName}')
      [[ $claimed == "$volume" ]] || kubectl delete pv "$volume" --wait=false
    done
}
