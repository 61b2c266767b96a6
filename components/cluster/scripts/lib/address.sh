# shellcheck shell=bash
# A node's machine has another address than before: how the node follows it, with all that it holds. For join.sh and
# control-plane.sh. Needs a KUBECONFIG that may get the node, and for a control plane etcd.sh and $SCRATCH/init.yaml.
# Inputs: ADDRESS (the new one)

# The old address, from before the first change until after the last: what stopped halfway is gone through again.
moving=$RECORD/moving

has_moved() { [[ -e $moving || $(node_address) != "$ADDRESS" ]]; }

note_move() {
  [[ -e $moving ]] || { node_address >"$moving.new" && mv "$moving.new" "$moving"; }
}

# The kubelet makes itself a new certificate when it has none.
move_kubelet() {
  note_move
  systemctl stop kubelet
  sed --in-place "s/--node-ip=[0-9.]*/--node-ip=$ADDRESS/" /var/lib/kubelet/kubeadm-flags.env
  rm -f /var/lib/kubelet/pki/kubelet.{crt,key}
}

# wait_for_address [OLD]: the Node object has the new one; and OLD no more, which was Calico's: it chooses for itself.
wait_for_address() {
  local deadline=$((SECONDS + 180)) fields found
  fields="{.status.addresses[?(@.type=='InternalIP')].address} {.metadata.annotations['projectcalico\.org/IPv4Address']}"
  until found=$(kubectl get node "$HOST" --output "jsonpath=$fields") &&
    [[ $found == "$ADDRESS "* && $found != *" ${1:-none}/"* ]]; do
    ((SECONDS < deadline))
    sleep 0.5
  done
}

# Containers that were told the old address start anew, and so does Calico's agent, which looks for another one but once a
# minute. kube-proxy sees to itself.
move_pods() {
  local was container
  was=$(<"$moving")
  wait_for_address
  for container in $(crictl ps --quiet); do
    [[ $(crictl inspect "$container") != *"=$was\""* ]] || crictl --timeout 60s stop --timeout 30 "$container"
  done
  crictl ps --quiet --name '^calico-node$' | xargs --no-run-if-empty crictl --timeout 60s stop --timeout 10
  wait_for_address "$was"
  rm "$moving"
}

# tell_etcd VIA: where the other members find this one from now on.
tell_etcd() {
  local id
  id=$(members "$1" | awk -v name="$HOST" '$2 == name {print $1}')
  etcdctl "$1" member update "$id" --peer-urls "https://$ADDRESS:2380"
}

# Without the kubelet nobody starts them again.
stop_control_plane() {
  systemctl stop kubelet
  crictl ps --quiet --name '^(etcd|kube-(apiserver|controller-manager|scheduler))$' |
    xargs --no-run-if-empty crictl --timeout 60s stop --timeout 10
}

# Of a member that is stopped its files are the snapshot. Only the latest copy is kept, and none of a move's middle.
keep_copy() {
  local copy=/var/lib/etcd/kubeadm-kafka-before-move
  [[ ! -e $moving ]] || return 0
  rm -rf "$copy" "$copy.new"
  install -d -m 700 "$copy.new"
  cp --archive /etc/kubernetes "$copy.new/etc-kubernetes"
  cp --archive /var/lib/etcd/member "$copy.new/etcd-member"
  mv "$copy.new" "$copy"
}

# Everything of a control plane that its address is in. etcd's data isn't touched: a member that has some goes by that, not
# by its manifest's list of members.
renew_control_plane() {
  local certificate config=$SCRATCH/init.yaml
  note_move
  rm -f /etc/kubernetes/pki/{apiserver,etcd/server,etcd/peer}.{crt,key}
  for certificate in apiserver etcd-server etcd-peer; do kubeadm init phase certs "$certificate" --config "$config"; done
  kubeadm init phase control-plane apiserver --config "$config"
  kubeadm init phase etcd local --config "$config"
  sed --in-place --regexp-extended "s,(server: https://)[0-9.]+:,\1$ADDRESS:," \
    /etc/kubernetes/{kubelet,controller-manager,scheduler}.conf
}
