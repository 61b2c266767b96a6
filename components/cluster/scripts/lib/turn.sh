# shellcheck shell=bash
# Turns of control planes: one at a time restarts static pods, reboots or changes etcd's members, whether `up` or a timer on the host
# wants that. A Lease in the cluster says whose turn it is. Needs an administrator's KUBECONFIG.
# Only one script at a time works on a host (lib.sh), so a Lease that the host has already is that of a script that was killed, and the
# next one goes on with it. Another host waits until it has expired, which it does only after the script's own time limit.
# shellcheck disable=SC2034 # scripts use the variables that are set here

turn=kubeadm-kafka-certificates
turn_seconds=1500 # for restarts of all static pods, each of which is awaited for five minutes
turn_of=          # whose turn it is, while this host waits
has_turn=         # whether it is this script's
turn_holder=$HOST # what the Lease says of this host: $HOST/reboot while it reboots

# begin_turn [SECONDS]: waits for this host's turn, for a step of `up`, unless it is. SECONDS are how long it may take.
begin_turn() {
  [[ -z $has_turn ]] || return 0
  step "wait until no other control plane restarts"
  take_turn "${1:-$turn_seconds}" ||
    refuse KK969 "has waited for $((turn_seconds / 60)) minutes, while it is the turn of ${turn_of:-another control plane} to restart its \
static pods. The ones here are as they were. Look at $LOG there, then run up again"
}

# end_turn: lets the next control plane go on, also where a script that was killed has left this host's turn. Another host may have taken
# over what has expired.
end_turn() {
  local holder
  has_turn=
  holder=$(kubectl get lease "$turn" --namespace kube-system --ignore-not-found --output jsonpath='{.spec.holderIdentity}')
  [[ $holder != "$turn_holder" ]] || kubectl delete lease "$turn" --namespace kube-system --ignore-not-found
}

# take_turn SECONDS [POLITENESS]: takes the Lease for so long, once no other control plane has it, or theirs has expired. Lets others
# be faster by POLITENESS seconds. Fails if another one keeps it.
take_turn() {
  local lease version holder renewed seconds left polite='' deadline=$((SECONDS + turn_seconds + 60))
  while ((SECONDS < deadline)); do
    if lease=$(kubectl get lease "$turn" --namespace kube-system --ignore-not-found --request-timeout 10s \
      --output jsonpath='{.metadata.resourceVersion} {.spec.holderIdentity} {.spec.renewTime} {.spec.leaseDurationSeconds}'); then
      read -r version holder renewed seconds <<<"$lease"
      seconds=${seconds:-$turn_seconds}
      left=0
      [[ -z $renewed ]] || left=$(($(date --date "$renewed" +%s) + seconds - $(date +%s)))
      ((left <= seconds + 300)) || left=0 # its holder's clock was wrong, and it would last for too long
      if [[ -n $version && ${holder%%/*} != "$HOST" ]] && ((left > 0)); then
        turn_of=$holder polite=
        ((left <= deadline - SECONDS)) || left=$((deadline - SECONDS))
        if kubectl wait lease "$turn" --namespace kube-system --for delete --timeout "${left}s"; then continue; fi
      elif [[ -z $polite ]] && ((${2:-0} > 0)); then
        polite=yes
        sleep "$2"
        continue
      elif write_lease "$version" "$1"; then
        has_turn=yes
        return 0
      fi
    fi
    sleep 1
  done
  return 1
}

# write_lease VERSION SECONDS: creates the Lease, or replaces the one of that version. Fails if somebody else was faster.
write_lease() {
  local verb=create
  [[ -z $1 ]] || verb=replace
  kubectl "$verb" --filename - <<-LEASE
	apiVersion: coordination.k8s.io/v1
	kind: Lease
	metadata: {name: $turn, namespace: kube-system, resourceVersion: "$1"}
	spec: {holderIdentity: "$turn_holder", leaseDurationSeconds: $2, renewTime: "$(date -u +%FT%T.%6NZ)"}
	LEASE
}
