# shellcheck shell=bash
# etcd's members, as control-plane.sh changes them. VIA is the name of a control plane whose member does it. Needs an
# administrator's KUBECONFIG.
# Inputs: ADDRESS CONTROL_PLANES (NAME=ADDRESS …, this one too)

listed() { tr ' ' '\n' <<<"$CONTROL_PLANES"; }

# etcdctl VIA ARGUMENTS…: runs where the program and its certificates are, in the member's own container. This host's is
# there before the API server knows its pod. etcdctl gives up by itself after 30 seconds; what runs it there doesn't, where the
# other host goes away meanwhile, and would hold this host's lock for good.
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

# members VIA: a line for each member, of id, name and address. A member that never started has no name yet.
members() {
  etcdctl "$1" member list | awk -F ', ' '{split($4, url, "://|:"); print $1, ($3 == "" ? "-" : $3), url[2]}'
}

# take_snapshot VIA: what etcd holds before its members change, beside the data; only the latest is kept.
take_snapshot() { etcdctl "$1" snapshot save /var/lib/etcd/kubeadm-kafka-before-change.db; }

# remove_members VIA WHICH: those for which the function WHICH, called as WHICH VIA ID NAME ADDRESS, says yes.
remove_members() {
  local via=$1 which=$2 all member
  all=$(members "$via")
  while read -r -a member; do
    if "$which" "$via" "${member[@]}"; then
      take_snapshot "$via"
      remove_member "$via" "${member[0]}"
    fi
  done <<<"$all"
}

# remove_member VIA ID: asked again while etcd is choosing a leader, since an answer that was lost leaves open what has
# become of it.
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

# take_lead VIA: its member leads from now on. A leader that is sent away may be gone before the only other one has heard
# of it, which then waits for it for good. Only the leader itself hands over.
take_lead() {
  local via=$1 all id address
  all=$(members "$via") || return
  id=$(awk -v via="$via" '$2 == via {print $1}' <<<"$all")
  while read -r _ _ address; do
    if etcdctl "$via" --endpoints "https://$address:2379" move-leader "$id"; then return; fi
  done <<<"$all"
  return 1
}

in_my_place() { [[ $3 == "$HOST" ]] || { [[ $4 == "$ADDRESS" ]] && unlisted "$@"; }; }

# By the name alone: one that is at another address than listed is about to move there.
unlisted() { ! listed | cut --delimiter='=' --fields=1 | grep --quiet --line-regexp --fixed-strings -- "$3"; }

unlisted_and_dead() { unlisted "$@" && ! etcdctl "$1" --endpoints "https://$4:2379" endpoint health; }
