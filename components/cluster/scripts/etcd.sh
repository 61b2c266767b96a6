# shellcheck shell=bash
# etcd's members, as controlPlane.sh changes them. VIA is the name of a control plane whose member does it. Needs an
# administrator's KUBECONFIG, and CONTROL_PLANES.

listed() { tr ' ' '\n' <<<"$CONTROL_PLANES"; }

# etcdctl VIA ARGUMENTS…: runs where the program and its certificates are, in the member's own container. This host's is
# there before the API server knows its pod.
etcdctl() {
  local via=$1 pki=/etc/kubernetes/pki/etcd inside
  shift
  if [[ $via == "$HOST" ]]; then
    inside=(crictl exec "$(crictl ps --quiet --name '^etcd$')")
  else
    inside=(kubectl exec "etcd-$via" --namespace kube-system --container etcd --)
  fi
  "${inside[@]}" etcdctl --command-timeout 30s \
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
      etcdctl "$via" member remove "${member[0]}"
    fi
  done <<<"$all"
}

in_my_place() { [[ $3 == "$HOST" ]] || { [[ $4 == "$ADDRESS" ]] && unlisted "$@"; }; }

# By the name alone: one that is at another address than listed is about to move there.
unlisted() { ! listed | cut --delimiter='=' --fields=1 | grep --quiet --line-regexp --fixed-strings -- "$3"; }

unlisted_and_dead() { unlisted "$@" && ! etcdctl "$1" --endpoints "https://$4:2379" endpoint health; }
