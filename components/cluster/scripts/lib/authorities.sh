# shellcheck shell=bash
# Exchanges the authorities of the cluster, of etcd and of the front proxy, in passes over all hosts: after authority-add.sh each host
# trusts the old and the new authority, after authority-use.sh the new one signs, authority-kubelet.sh has kubelets' certificates signed
# by it, and authority-drop.sh takes the old one away. A pass begins when the one before has ended on all hosts, so that nobody meets
# an authority that it doesn't have. docs/decisions/certificates.md has the reasons.
# An authority's file has the certificate that signs first, and behind it those that are trusted as well. So the files themselves say how
# far a host is, and an annotation of its Node tells the other hosts. The Secret kubeadm-kafka-authorities has the number of the newest
# authority and, until it signs everywhere, its keys, encrypted.
# Inputs: AUTHORITY_GENERATION (number of the authorities that the cluster should have) UNJOINED (on a control plane: names of workers that
# were no nodes in the pass before)
# shellcheck disable=SC2034,SC2154 # scripts read the variables that are set here; `settings` is in lib.sh

pki=/etc/kubernetes/pki
# Names of their files in $pki.
authorities=(ca etcd/ca front-proxy-ca)
# The certificate that the controller manager signs kubelets' certificates with: it refuses a file with several. kubeadmConfig.ts has
# the flag.
signer=$pki/kubeadm-kafka-signer.crt
node_config=/etc/kubernetes/kubelet.conf
kubelet_pki=/var/lib/kubelet/pki
pass_note=kubeadm-kafka/authority # annotation of a Node: GENERATION-PASS, with the last pass that has ended there
passes=(add use kubelet drop)

# certificates FILE: prints the certificates of a file in PEM, a line in base64 each. Other parts, such as keys, are left out.
certificates() {
  awk '/^-----BEGIN CERTIFICATE-----/ {text = ""; inside = 1; next}
    /^-----END CERTIFICATE-----/ {if (inside) print text; inside = 0}
    inside {text = text $1}' "$1"
}

# pem: prints the certificates of such lines as PEM, each of them once.
pem() {
  local line
  awk '!seen[$0]++' | while read -r line; do
    printf '%s\n' "-----BEGIN CERTIFICATE-----"
    fold --width=64 <<<"$line"
    printf '%s\n' "-----END CERTIFICATE-----"
  done
}

# first FILE: prints the first certificate of a file, the one that signs, in base64.
first() { certificates "$1" | sed --quiet 1p; }

# replace FILE: replaces a file with certificates by stdin, unless it has the same. A reader sees the former file or the new one.
replace() {
  cat >"$1.new"
  if cmp --quiet "$1.new" "$1"; then
    rm "$1.new"
  else
    chmod 644 "$1.new"
    mv "$1.new" "$1"
  fi
}

# Writes the certificate that signs to the controller manager's file.
write_signer() { first "$pki/ca.crt" | pem | replace "$signer"; }

# set_authority FILE: replaces the cluster's authority on this host by the PEM file, and records the former one, by which this host has
# joined: join.sh and control-plane.sh recognise their cluster by it.
set_authority() {
  cmp --quiet "$1" "$pki/ca.crt" || note authorities "$(base64 --wrap=0 "$pki/ca.crt")"
  replace "$pki/ca.crt" <"$1"
  trust_in_kubeconfigs
}

# Whether this host has joined by that authority, PEM in base64: it is the present one, or a former one.
joined_by() {
  [[ -s $pki/ca.crt ]] || return 1
  [[ $(base64 --wrap=0 "$pki/ca.crt") == "$1" ]] ||
    grep --quiet --line-regexp --fixed-strings -- "$1" "$RECORD/authorities" 2>/dev/null
}

# Gives kubeconfigs all certificates of the cluster's authority. kubeadm writes the first one alone.
trust_in_kubeconfigs() {
  local config data
  data=$(base64 --wrap=0 "$pki/ca.crt")
  for config in /etc/kubernetes/{admin,super-admin,controller-manager,scheduler,kubelet}.conf; do
    if [[ ! -e $config ]] || grep --quiet "^ *certificate-authority-data: $data\$" "$config"; then continue; fi
    sed --in-place "s,^\( *certificate-authority-data:\) .*,\1 $data," "$config"
  done
}

# is_signed FILE AUTHORITY: whether the certificate in a file, or in a kubeconfig, is signed by the first certificate of AUTHORITY, a
# file. Authorities of kubeadm's all have the same name, so that only the signature tells them apart.
is_signed() {
  first "$2" | pem >"$SCRATCH/authority"
  certificate_in "$1" >"$SCRATCH/leaf"
  openssl verify -no-CApath -no-CAstore -CAfile "$SCRATCH/authority" "$SCRATCH/leaf"
}

certificate_in() {
  if [[ $1 == *.conf ]]; then sed --quiet 's/^ *client-certificate-data: //p' "$1" | base64 --decode; else first "$1" | pem; fi
}

# Restarts the kubelet if it started before its kubeconfig or a certificate was written, and waits for a heartbeat. Pods go on.
restart_outdated_kubelet() {
  local since file before now deadline=$((SECONDS + 120)) outdated=
  since=$(systemctl show kubelet --property ActiveEnterTimestamp --value)
  since=$(date --date "${since:-1970-01-01}" +%s)
  for file in "$node_config" "$kubelet_pki"/kubelet-{client,server}-current.pem; do
    [[ -e $file ]] || continue
    ((since > $(date --reference "$file" +%s))) || outdated=yes
  done
  [[ -n $outdated ]] || return 0
  before=$(heartbeat)
  systemctl restart kubelet
  until now=$(heartbeat) && [[ -n $now && $now != "$before" ]]; do
    ((SECONDS < deadline)) || refuse KK966 "the kubelet has sent no heartbeat for two minutes after its restart with other certificates; \
\`journalctl --unit kubelet\` on that host says why. Then run up again"
    sleep 1
  done
}

# Prints when the kubelet has last sent a heartbeat, by the kubelet's own credential.
heartbeat() {
  kubectl --kubeconfig "$node_config" --request-timeout 10s get lease "$HOST" --namespace kube-node-lease \
    --output jsonpath='{.spec.renewTime}' || true
}

# trust_on_worker PEM: makes this the authority that a worker's kubelet and its proxy trust.
trust_on_worker() {
  local proxy=kubeadm-kafka-api.service
  base64 --decode <<<"$1" >"$SCRATCH/bundle"
  set_authority "$SCRATCH/bundle"
  if [[ -e $settings/ca.crt ]]; then
    replace "$settings/ca.crt" <"$SCRATCH/bundle"
    # join.sh has recorded the file, and drift.sh compares with that.
    sed --in-place "s,^file $settings/ca.crt .*,file $settings/ca.crt $(observed file "$settings/ca.crt")," "$RECORD/applied/join"
    systemctl reload-or-restart "$proxy"
  fi
  restart_outdated_kubelet
}

# Whether this host is a node. A host that joins later gets the authorities of that time.
is_node() { [[ -n $(authority_joined) ]]; }

# Leaves a host that is no node to its join. The kubelet of an interrupted join, which the next one resets, would keep the Node of that
# name alive.
leave_to_join() { systemctl stop kubelet; }

# Prints, for control planes, whether the next pass has to wait for this host.
joined_or_not() { if is_node; then echo node; else echo "no node yet"; fi; }

# note_pass PASS: writes to this host's Node that the pass has ended here, unless a later one of the same exchange has.
note_pass() {
  local noted
  noted=$(noted_pass)
  has_passed "$noted" "$1" || kubectl annotate node "$HOST" "$pass_note=$AUTHORITY_GENERATION-$1" --overwrite
}

noted_pass() { kubectl get node "$HOST" --output "jsonpath={.metadata.annotations['$pass_note']}"; }

# has_passed NOTED PASS: whether that annotation says that the pass has ended, or a later one.
has_passed() {
  local pass reached=
  for pass in "${passes[@]}"; do
    [[ $pass != "$2" ]] || reached=yes
    if [[ -n $reached && $1 == "$AUTHORITY_GENERATION-$pass" ]]; then return 0; fi
  done
  return 1
}

# require_pass PASS: refuses to begin the next pass before this one has ended on all nodes. Waits for a Node that another step removes.
require_pass() {
  local behind deadline=$((SECONDS + 120))
  until behind=$(nodes_behind "$1") && [[ -z $behind ]]; do
    ((SECONDS < deadline)) ||
      refuse KK963 "the authority-$1 step has not ended on these nodes: $(xargs <<<"$behind"). They would not know what comes next, so \
the exchange of authorities stops here, and everything goes on to work. Run up without --target. If a node is gone, mark its host as lost; \
if somebody else joined it, remove it"
    sleep 2
  done
}

# Removes Nodes of hosts that are none yet (UNJOINED): each is that of a machine before, or of an interrupted join, and would be waited for
# in vain, as the join comes after the exchange. A Node that is alive stays.
forget_unjoined() {
  local name deadline=$((SECONDS + 120))
  for name in $UNJOINED; do
    until is_gone_or_silent "$name"; do
      ((SECONDS < deadline)) || continue 2
      sleep 1
    done
    kubectl delete node "$name" --ignore-not-found
  done
}

# is_gone_or_silent NAME: whether there is no such Node, or its kubelet has sent no heartbeat for most of a minute.
is_gone_or_silent() {
  local ready
  ready=$(kubectl get node "$1" --ignore-not-found --output jsonpath='{.status.conditions[?(@.type=="Ready")].status}')
  [[ -z $ready || $ready == Unknown ]]
}

nodes_behind() {
  local all name noted
  all=$(kubectl get nodes --output "jsonpath={range .items[*]}{.metadata.name} {.metadata.annotations['$pass_note']}{'\n'}{end}")
  while read -r name noted; do has_passed "$noted" "$1" || echo "$name"; done <<<"$all"
}
