# shellcheck shell=bash
# Moves a node to its machine's new address. For join.sh and control-plane.sh. Needs a KUBECONFIG that may get the node, and on a
# control plane also etcd.sh and $SCRATCH/init.yaml.
# Inputs: ADDRESS (the new one)

# File with the old address. It exists from before the first change until after the last, so that an interrupted move is repeated.
moving=$RECORD/moving

has_moved() { [[ -e $moving || $(node_address) != "$ADDRESS" ]]; }

note_move() {
  [[ -e $moving ]] || { node_address >"$moving.new" && mv "$moving.new" "$moving"; }
}

# A kubelet that signs its serving certificate itself does so when it has none; others ask for one for the new address.
move_kubelet() {
  note_move
  systemctl stop kubelet
  sed --in-place "s/--node-ip=[0-9.]*/--node-ip=$ADDRESS/" /var/lib/kubelet/kubeadm-flags.env
  rm -f /var/lib/kubelet/pki/kubelet.{crt,key}
}

# wait_for_address [OLD]: waits until the Node has the new address, and Calico, which detects its address by itself, has left OLD.
wait_for_address() {
  local deadline=$((SECONDS + 180)) fields found
  fields="{.status.addresses[?(@.type=='InternalIP')].address} {.metadata.annotations['projectcalico\.org/IPv4Address']}"
  until found=$(kubectl get node "$HOST" --output "jsonpath=$fields") &&
    [[ $found == "$ADDRESS "* && $found != *" ${1:-none}/"* ]]; do
    ((SECONDS < deadline))
    sleep 0.5
  done
}

# Restarts containers that have the old address in their configuration, and Calico's agent, which would detect the new one only
# after up to a minute. kube-proxy detects it by itself.
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

# tell_etcd VIA: sets the address at which the other members reach this one.
tell_etcd() {
  local id
  id=$(members "$1" | awk -v name="$HOST" '$2 == name {print $1}')
  etcdctl "$1" member update "$id" --peer-urls "https://$ADDRESS:2380"
}

# The kubelet stops first, since it would restart the containers.
stop_control_plane() {
  systemctl stop kubelet
  crictl ps --quiet --name '^(etcd|kube-(apiserver|controller-manager|scheduler))$' |
    xargs --no-run-if-empty crictl --timeout 60s stop --timeout 10
}

# The files of a stopped etcd member are a snapshot. Only the latest copy is kept; a repeated move makes none.
keep_copy() {
  local copy=/var/lib/etcd/kubeadm-kafka-before-move
  [[ ! -e $moving ]] || return 0
  rm -rf "$copy" "$copy.new"
  install -d -m 700 "$copy.new"
  cp --archive /etc/kubernetes "$copy.new/etc-kubernetes"
  cp --archive /var/lib/etcd/member "$copy.new/etcd-member"
  mv "$copy.new" "$copy"
}

# Renews everything of a control plane that contains its address. etcd's data stays: a member with data reads the list of members
# from there, and not from its manifest.
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
