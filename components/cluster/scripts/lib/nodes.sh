# shellcheck shell=bash
# Drains and removes nodes, from any control plane. Needs an administrator's KUBECONFIG.
# Inputs: DRAIN_SECONDS (for scripts that drain a node)
# shellcheck disable=SC2154 # `leaves_note` is in lib.sh

# is_dead NAME: whether the API server says that a node isn't ready. If it can't be asked, the node counts as alive.
is_dead() {
  local ready
  ready=$(kubectl get node "$1" --output jsonpath='{.status.conditions[?(@.type=="Ready")].status}') &&
    [[ $ready != True ]]
}

# drain_node NAME: cordons a node and evicts its pods, as far as disruption budgets allow. Pods of a dead node can't be evicted: a
# node that dies meanwhile is recognised within a minute, which ends the wait.
drain_node() {
  local node draining drained=yes
  node=$(kubectl get node "$1" --ignore-not-found --output jsonpath='{.metadata.name} {.spec.unschedulable}')
  [[ -n $node ]] || return 0
  # The annotation marks this script's cordon. If the node stays after all, admit.sh uncordons it; an administrator's cordon stays.
  if [[ $node != *" true" ]]; then
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

# refuse_to_lose_volumes NAME: refuses to remove a node while claims are bound to volumes on its disk, whether or not a pod uses
# them. Claims that are being deleted don't count. volumesPlan.ts has the same rule for previews. If the API server can't be read,
# the script fails.
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
# Prints VOLUME NAMESPACE/CLAIM of each claim that isn't being deleted.
claimed_volumes='{{range .items}}{{if and .spec.volumeName (not .metadata.deletionTimestamp)}}{{.spec.volumeName}} {{.metadata.namespace}}/{{.metadata.name}}{{"\n"}}{{end}}{{end}}'
# Prints NAMESPACE NAME REPLICAS of each StatefulSet of Kafka's nodes.
# shellcheck disable=SC2016 # a template's variables, not the shell's
kafka_sets='{{range .items}}{{$set := .}}{{with .metadata.annotations}}{{if index . "kubeadm-kafka/storage"}}{{$set.metadata.namespace}} {{$set.metadata.name}} {{$set.spec.replicas}}{{"\n"}}{{end}}{{end}}{{end}}'

# is_of_removed_node CLAIM SETS: whether a claim belongs to a Kafka node beyond its StatefulSet's replicas. Such a node was drained
# before the StatefulSet shrank, so that its volume has no replicas. With 0 replicas somebody has stopped all nodes, and their
# volumes still count.
is_of_removed_node() {
  local namespace set replicas
  while read -r namespace set replicas; do
    if [[ $1 =~ ^"$namespace"/data(-[0-9]+)?-"$set"-([0-9]+)$ ]] && ((replicas > 0 && 10#${BASH_REMATCH[2]} >= replicas)); then
      return 0
    fi
  done <<<"$2"
  return 1
}

# ready_members NAME: prints NAMESPACE/POD of each ready pod of a StatefulSet on a node. Such a pod returns under its name.
ready_members() {
  kubectl get pods --all-namespaces --field-selector "spec.nodeName=$1" --output "go-template=$members_ready"
}

# shellcheck disable=SC2016 # a template's variables, not the shell's
members_ready='{{range .items}}{{$pod := printf "%s/%s" .metadata.namespace .metadata.name}}{{$ready := false}}{{range .status.conditions}}{{if and (eq .type "Ready") (eq .status "True")}}{{$ready = true}}{{end}}{{end}}{{if $ready}}{{range .metadata.ownerReferences}}{{if eq .kind "StatefulSet"}}{{$pod}}{{"\n"}}{{end}}{{end}}{{end}}{{end}}'

# wait_for_members NAME PODS: waits until the pods that ran on node NAME are ready elsewhere.
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

# delete_node NAME: deletes a Node, its pods, which no kubelet stops any more, and the unclaimed volumes on its disk, which the
# provisioner could never delete without the node.
delete_node() {
  local all
  all=$(objects_of "$1")
  kubectl delete node "$1" --ignore-not-found --wait=false
  forget_volumes "$1"
  kubectl delete pods --all-namespaces --field-selector "spec.nodeName=$1" --force --grace-period 0 --wait=false
  wait_until_gone "$1" "$all"
}

# objects_of NAME: prints UID node/NAME of the Node, and UID NAMESPACE/NAME of each of its pods.
objects_of() {
  kubectl get node "$1" --ignore-not-found --output jsonpath='{.metadata.uid} node/{.metadata.name}{"\n"}' &&
    kubectl get pods --all-namespaces --field-selector "spec.nodeName=$1" --output jsonpath="$pod_ids"
}

pod_ids='{range .items[*]}{.metadata.uid} {.metadata.namespace}/{.metadata.name}{"\n"}{end}'

# wait_until_gone NAME OBJECTS: waits until the objects are deleted, as long as they become fewer. kubectl's own wait would hang, and
# hold this host's lock, if nothing removes a finalizer.
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
      [[ $node == "$1" && -n $name ]] || continue # a volume without a claim was made by hand
      claim=(pvc "$name" --namespace "$namespace")
      # A claim that is being deleted disappears when its pod has.
      given_up=$(kubectl get "${claim[@]}" --ignore-not-found --output jsonpath='{.metadata.deletionTimestamp}')
      [[ -z $given_up ]] || kubectl wait "${claim[@]}" --for delete --timeout 60s
      claimed=$(kubectl get "${claim[@]}" --ignore-not-found --output jsonpath='{.spec.volumeName}')
      [[ $claimed == "$volume" ]] || kubectl delete pv "$volume" --wait=false
    done
}
