# shellcheck shell=bash
# Reads and changes etcd's members, for control-plane.sh. VIA is the name of the control plane whose member runs a command. Needs
# an administrator's KUBECONFIG and, for changes, turn.sh.
# Inputs: ADDRESS CONTROL_PLANES (NAME=ADDRESS …, including this one)

listed() { tr ' ' '\n' <<<"$CONTROL_PLANES"; }

# etcdctl VIA ARGUMENTS…: runs etcdctl in the container of VIA's member, which has the program and its certificates. On this host
# it uses crictl, since the container runs before the API server knows its pod. etcdctl itself stops after 30 seconds; the outer
# timeout is for `kubectl exec`, which hangs if the other host dies, and would hold this host's lock.
etcdctl() {
  local via=$1 pki=/etc/kubernetes/pki/etcd inside
  shift
  if [[ $via == "$HOST" ]]; then
    inside=(crictl exec "$(crictl ps --quiet --name '^etcd$')")
  else
    inside=(kubectl exec "etcd-$via" --namespace kube-system --container etcd --)
  fi
  timeout --foreground --kill-after=5 60 "${inside[@]}" etcdctl --command-timeout 30s \
    --cacert "$pki/ca.crt" --cert "$pki/healthcheck-client.crt" --key "$pki/healthcheck-client.key" "$@"
}

# members VIA: prints ID NAME ADDRESS of each member. A member that has never started has no name: NAME is `-`.
members() {
  etcdctl "$1" member list | awk -F ', ' '{split($4, url, "://|:"); print $1, ($3 == "" ? "-" : $3), url[2]}'
}

# take_snapshot VIA: saves etcd's data beside its folder, before members change. Keeps only the latest snapshot.
take_snapshot() { etcdctl "$1" snapshot save /var/lib/etcd/kubeadm-kafka-before-change.db; }

# remove_members VIA WHICH: removes the members for which `WHICH VIA ID NAME ADDRESS` succeeds.
remove_members() {
  local via=$1 which=$2 all member
  all=$(members "$via")
  while read -r -a member; do
    if "$which" "$via" "${member[@]}"; then
      begin_turn $((MINUTES * 60))
      take_snapshot "$via"
      remove_member "$via" "${member[0]}"
    fi
  done <<<"$all"
}

# remove_member VIA ID: retries while etcd elects a leader. Checks first, since a removal may have succeeded although its answer was
# lost.
remove_member() {
  local deadline=$((SECONDS + 180))
  until has_gone "$1" "$2"; do
    ((SECONDS < deadline))
    if ! take_lead "$1" || ! etcdctl "$1" member remove "$2"; then sleep 1; fi
  done
}

has_gone() {
  local all
  all=$(members "$1") && ! grep --quiet "^$2 " <<<"$all"
}

# take_lead VIA: makes VIA's member the leader. A leader that is removed may stop before the only other member learns of the removal,
# and that member would wait for it forever. Only the leader itself can transfer leadership, so all members are asked.
take_lead() {
  local via=$1 all id address
  all=$(members "$via") || return
  id=$(awk -v via="$via" '$2 == via {print $1}' <<<"$all")
  while read -r _ _ address; do
    if etcdctl "$via" --endpoints "https://$address:2379" move-leader "$id"; then return; fi
  done <<<"$all"
  return 1
}

has_my_place() { [[ $3 == "$HOST" ]] || { [[ $4 == "$ADDRESS" ]] && unlisted "$@"; }; }

# Compares only names: a member whose listed address differs is about to move there.
unlisted() { ! listed | cut --delimiter='=' --fields=1 | grep --quiet --line-regexp --fixed-strings -- "$3"; }

unlisted_and_dead() { unlisted "$@" && ! etcdctl "$1" --endpoints "https://$4:2379" endpoint health; }
