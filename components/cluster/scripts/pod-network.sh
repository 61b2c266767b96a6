#!/usr/bin/env bash
# Checks that pods' packets, small ones and those of full size, get through between this node and each other one. Changes nothing.
#
# The script connects to the other nodes' kubelets at addresses that Calico has assigned to these nodes from the pods' range: the
# kernel treats such packets as it treats packets between pods, in both directions. A node lists the others after it has such an
# address itself. The later of two nodes therefore checks the other, and a new node needs no check by the old ones.
# Inputs: ADDRESS ENDPOINT POD_CIDR POD_NETWORK_PORTS ("udp 4789", "tcp 179" or "ipip", one a line) MTU (network.mtu of the
# config). Prints the nodes that were dead as {"unchecked":[NAME, …]}.
# shellcheck disable=SC2154 # `leaves_note` is in lib.sh

# The CNI plugin's credential, which Calico renews. components/network/calicoManifest.ts lets it list nodes.
kubeconfig=/etc/cni/net.d/calico-kubeconfig
at_once=16
declare -A passed=()

# Annotation in which Calico's agent writes, at its start, the address of the node's end of the tunnels. Without encapsulation
# there are no tunnels, and only BGP can be checked.
case $POD_NETWORK_PORTS in
*udp*) agent_note=IPv4VXLANTunnelAddr ;;
*ipip*) agent_note=IPv4IPIPTunnelAddr ;;
*) agent_note=IPv4Address ;;
esac

# Prints NAME READY LEAVES ADDRESS AGENT of each node, with <none> for a missing value.
nodes() {
  local columns
  columns='NAME:.metadata.name,READY:.status.conditions[?(@.type=="Ready")].status'
  columns+=",LEAVES:.metadata.annotations.$leaves_note"
  columns+=',ADDRESS:.status.addresses[?(@.type=="InternalIP")].address'
  columns+=",AGENT:.metadata.annotations.projectcalico\\.org/$agent_note"
  # The endpoint's name works without kube-proxy.
  kubectl --kubeconfig "$kubeconfig" --server "https://$ENDPOINT:6443" --request-timeout 10s \
    get nodes --no-headers --output "custom-columns=$columns"
}

has_agent() {
  [[ -s $kubeconfig ]] && nodes >"$SCRATCH/nodes" &&
    awk -v name="$HOST" '$1 == name && $5 != "<none>" {found = 1} END {exit !found}' "$SCRATCH/nodes"
}

wait_for_agent() {
  local deadline=$((SECONDS + 600))
  until has_agent; do
    is_ours || refuse KK731 "this host is no longer prepared for the cluster"
    ((SECONDS < deadline)) || refuse_without_agent
    sleep 1
  done
}

refuse_without_agent() {
  [[ ! -s $kubeconfig ]] || nodes || exit 1 # the log says why the API server doesn't list nodes
  refuse KK862 "Calico's agent has not started on this node within 10 minutes; this says why: \
kubectl describe pods --namespace kube-system --selector k8s-app=calico-node --field-selector spec.nodeName=$HOST"
}

# knock ADDRESS PORT: connects, and prints open, refused or silence.
knock() {
  local output
  # shellcheck disable=SC2016 # another shell expands these
  if output=$(timeout 5 bash -c ': <>"/dev/tcp/$1/$2"' bash "$1" "$2" 2>&1); then
    echo open
  elif [[ $output == *refused* ]]; then
    echo refused
  else
    echo silence
  fi
}

# exchange ADDRESS: whether the kubelet answers a request of several packets of full size. Its own part of the TLS handshake exceeds
# one such packet, too, since it contains certificates.
exchange() {
  local output
  output=$({
    printf 'GET /healthz HTTP/1.1\r\nHost: kubelet\r\nConnection: close\r\nX-Filler: '
    printf '%020000d\r\n\r\n' 0
  } | timeout 10 openssl s_client -connect "$1:10250" -quiet 2>/dev/null | head --bytes 6 | tr --delete '\0') || true
  [[ $output == HTTP/1 ]]
}

# echoes ADDRESS BYTES: whether a ping with that many bytes is answered. For hosts whose packet filter accepts a ping from the pods'
# range, but not port 10250. Fails on a host without ping.
echoes() { [[ -x $(command -v ping) ]] && ping -n -q -c 1 -W 5 -M 'do' -s "$2" "$1" >/dev/null; }

# probe ADDRESS AGENT: prints the kind of packets that don't get through, or "passed".
probe() {
  local link size answer
  if [[ $POD_NETWORK_PORTS == *"tcp 179"* && $(knock "$1" 179) == silence ]]; then
    echo bgp
    return
  fi
  if [[ $agent_note != *TunnelAddr ]]; then
    echo passed
    return
  fi
  # Packets that take another route, such as the default one, may be answered by another host.
  if [[ -z $(ip -4 route show root "$POD_CIDR" match "$2") ]]; then
    echo unrouted
    return
  fi
  link=$(ip -4 -oneline route get "$2" | sed 's/.* dev \([^ ]*\).*/\1/')
  size=$(<"/sys/class/net/$link/mtu")
  if exchange "$2" || echoes "$2" "$((size - 28))"; then
    echo passed
    return
  fi
  answer=$(knock "$2" 10250)
  if [[ $answer == refused ]]; then
    echo passed # the packet got there, and the refusal got back
  elif [[ $answer == open ]] || echoes "$2" 0; then
    echo "large $size"
  else
    case $link in
    vxlan.calico) echo vxlan ;;
    tunl0) echo ipip ;;
    *) echo direct ;;
    esac
  fi
}

# Probes each node that has not passed yet. Fails if some don't pass: each has a file of its name in $findings.
probe_nodes() {
  local name ready leaves address agent running=0 file left=0
  unchecked=()
  nodes >"$SCRATCH/nodes" || return 1
  rm -rf "$findings" && mkdir "$findings"
  while read -r name ready leaves address agent; do
    [[ $name != "$HOST" && $leaves == "<none>" && $agent != "<none>" && -z ${passed[$name]:-} ]] || continue
    # The kubelet sends no heartbeats: the node is dead, or cut off from the control planes.
    if [[ $ready == Unknown ]]; then
      unchecked+=("$name")
      continue
    fi
    if ((running == at_once)); then
      wait -n || true
      running=$((running - 1))
    fi
    probe "$address" "$agent" >"$findings/$name" &
    running=$((running + 1))
  done <"$SCRATCH/nodes"
  wait
  for file in "$findings"/*; do
    [[ -e $file ]] || break
    if [[ $(<"$file") == passed ]]; then
      passed[${file##*/}]=yes
      rm "$file"
      standstill=$((SECONDS + patience))
    else
      left=$((left + 1))
    fi
  done
  ((left == 0))
}

# Probes repeatedly, since routes and other nodes' agents may not be up yet, until no further node has passed for a while. This step
# depends on the agents, which are ready once VXLAN's routes exist. BGP isn't awaited, so that BIRD's routes may take minutes.
probe_until_passed() {
  patience=60
  [[ $POD_NETWORK_PORTS != *"tcp 179"* ]] || patience=240
  standstill=$((SECONDS + patience))
  until probe_nodes; do
    is_ours || refuse KK731 "this host is no longer prepared for the cluster"
    if ((SECONDS >= standstill)); then
      [[ -n $(ls "$findings" 2>/dev/null) ]] || exit 1 # the log says why the API server doesn't list nodes
      refuse_findings
    fi
    sleep 1
  done
}

# found KIND: prints "NAME (ADDRESS), …" of the nodes with that finding.
found() {
  local file name all=''
  for file in "$findings"/*; do
    [[ $(<"$file") == "$1"* ]] || continue
    name=${file##*/}
    all+=", $name ($(awk -v name="$name" '$1 == name {print $4}' "$SCRATCH/nodes"))"
  done
  printf '%s' "${all#, }"
}

# Prints an error for each kind of finding, and exits.
refuse_findings() {
  local here="$HOST ($ADDRESS)" others kind protocol size
  local everywhere="in both directions, on the hosts and in whatever filters between them (a cloud's security group, for instance)"
  local again="then run bin/pulumi up again"
  others=$(found bgp)
  [[ -z $others ]] || complain KK860 "BGP, by which Calico tells routes, doesn't get through between $here and $others; \
accept TCP 179 $everywhere, $again"
  for kind in vxlan ipip; do
    others=$(found "$kind")
    [[ $kind == vxlan ]] && protocol="UDP 4789" || protocol="IP protocol 4"
    [[ -z $others ]] || complain KK860 "${kind^^}, in which pods' packets travel, doesn't get through between $here and $others; \
accept $protocol $everywhere, $again. If it is accepted, a host drops what ${kind^^} brings: accept TCP 10250 from $POD_CIDR there"
  done
  others=$(found direct)
  [[ -z $others ]] || complain KK860 "packets of pods, which travel here as they are, don't get through between $here and \
$others; accept $POD_CIDR as source and destination $everywhere, or set network.encapsulation to VXLAN, $again"
  others=$(found large)
  if [[ -n $others ]]; then
    size=$(cat "$findings"/* | awk '$1 == "large" {print $2; exit}')
    complain KK861 "pods' packets of $size bytes don't get through between $here and $others, while small ones do; set \
network.mtu (now $MTU) to less than $size, or let that network carry larger packets (VXLAN adds 50 bytes to them, IPIP 20), $again"
  fi
  others=$(found unrouted)
  [[ -z $others ]] || complain KK863 "Calico has no route from $here to pods on $others; its agent says why: \
kubectl logs --namespace kube-system --selector k8s-app=calico-node --container calico-node --tail 100"
  exit 1
}

begin_without_lock
findings=$SCRATCH/findings # has a file for each node that doesn't pass
step "wait for Calico's agent" && wait_for_agent
step "probe the other nodes" && probe_until_passed
result "{\"unchecked\":[$(printf '"%s"\n' "${unchecked[@]}" | sed '/^""$/d' | paste --serial --delimiters=,)]}"
