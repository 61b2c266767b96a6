# shellcheck shell=bash
# Renews kubeadm's certificates of this control plane before they end, and restarts the static pods that read them, on one control
# plane of the cluster at a time. Follows turn.sh, control-plane-restart.sh, client-certificate.sh, kubelet-login.sh and
# serving-certificate.sh. Needs an administrator's KUBECONFIG.
# Inputs: VALIDITY (of new certificates, such as 8760h0m0s) RENEW_BEFORE (seconds before its end that a certificate is renewed)
# shellcheck disable=SC2154 # variables of turn.sh

# Writes a configuration for kubeadm that needs neither an API server nor the network.
write_renewal_config() {
  cat >"$SCRATCH/renewal.yaml" <<-CONFIG
	apiVersion: kubeadm.k8s.io/v1beta4
	kind: InitConfiguration
	localAPIEndpoint: {advertiseAddress: $(node_address)}
	nodeRegistration: {name: $HOST}
	---
	apiVersion: kubeadm.k8s.io/v1beta4
	kind: ClusterConfiguration
	kubernetesVersion: $(kubeadm version --output short)
	certificateValidityPeriod: $VALIDITY
	CONFIG
}

# Prints NAME END of each of kubeadm's certificates on this host. END is like 2027-11-28T09:00:00Z.
ends() {
  kubeadm certs check-expiration --config "$SCRATCH/renewal.yaml" --output \
    jsonpath='{range .certificates[?(@.missing==false)]}{.name} {.expirationDate}{"\n"}{end}'
}

# ending SECONDS: prints the names of the certificates that end within that time.
ending() {
  local all name end now
  now=$(date +%s)
  all=$(ends)
  while read -r name end; do
    (($(date --date "$end" +%s) - now >= $1)) || echo "$name"
  done <<<"$all"
}

# certificates_of NAME: prints the files with certificates and authorities that a static pod reads when it starts.
certificates_of() {
  local pki=/etc/kubernetes/pki
  case $1 in
  etcd) printf '%s\n' "$pki"/etcd/{server,peer,ca}.crt ;;
  kube-apiserver)
    printf '%s\n' "$pki"/{apiserver,apiserver-kubelet-client,apiserver-etcd-client,front-proxy-client,ca,front-proxy-ca,etcd/ca}.crt
    ;;
  kube-controller-manager) printf '%s\n' /etc/kubernetes/controller-manager.conf "$pki"/{ca,front-proxy-ca}.crt ;;
  kube-scheduler) echo /etc/kubernetes/scheduler.conf ;;
  esac
}

# Prints the static pods that started before one of their certificates was written, or that don't run. It doesn't matter who has
# renewed the certificates, or whether the run that did was interrupted.
outdated_pods() {
  local pod started file
  for pod in etcd kube-apiserver kube-controller-manager kube-scheduler; do
    started=$(start_of "$pod")
    for file in $(certificates_of "$pod"); do
      (($(date --reference "$file" +%s%N) <= started)) || { echo "$pod" && break; }
    done
  done
}

# What is wrong with this control plane's certificates, in words for people; empty if nothing is.
problem=

# Renews what ends soon, and restarts what has to read it. Sets `problem` if static pods that have to restart were left running.
renew() {
  local due name pods pod urgent expired
  step "look for certificates that end" && write_renewal_config
  due=$(ending "$RENEW_BEFORE")
  urgent=$(ending $((RENEW_BEFORE / 4)))
  expired=$(ending 1)
  step "renew certificates"
  for name in $due; do kubeadm certs renew "$name" --config "$SCRATCH/renewal.yaml"; done
  due=$(ending "$RENEW_BEFORE") # kubeadm succeeds as well if it has no key to sign with
  [[ -z $due ]] ||
    refuse KK943 "these certificates end soon, and kubeadm could not renew them: $(xargs <<<"$due"); \`kubeadm certs \
check-expiration\` shows which of them are managed externally, since the key of their authority is not on this host"
  step "look whether the kubelet can log in" && { has_login || renew_login; }
  pods=$(outdated_pods)
  [[ -n $pods ]] || return 0
  step "wait until static pods may restart"
  if ! api_answers; then
    restart_at_once "$pods" "$expired"
  elif ! take_turn "$turn_seconds" "$(politeness)"; then
    problem="it has been the turn of $turn_of to restart its static pods for $((turn_seconds / 60)) minutes"
  else
    restart_in_turn "$pods" "$urgent"
    end_turn
  fi
}

# Signs the kubelet's certificate, which has ended: without a kubelet no static pod starts. Waits until they run, with the certificates
# that were renewed before.
renew_login() {
  local pod field deadline=$((SECONDS + 300))
  sign_client "$SCRATCH/kubelet.conf" "system:node:$HOST" "$VALIDITY" system:nodes ||
    refuse KK948 "the kubelet's certificate has ended, so that it doesn't start, and another one could not be signed here; the \
end of $LOG on that host says why"
  for field in certificate key; do
    sed --quiet "s/^ *client-$field-data: //p" "$SCRATCH/kubelet.conf" | base64 --decode
  done | replace_login
  for pod in etcd kube-apiserver kube-controller-manager kube-scheduler; do
    until [[ -n $(container_of "$pod") ]]; do
      ((SECONDS < deadline)) || return 0
      sleep 1
    done
  done
  api_answers || true
}

api_answers() {
  local deadline=$((SECONDS + 60))
  until kubectl get --raw /readyz --request-timeout 5s >/dev/null; do
    ((SECONDS < deadline)) || return 1
    sleep 1
  done
}

# Prints for how many seconds to let others take the turn first: two for each control plane whose certificates end before those that
# this one's static pods have, by the last reports.
politeness() {
  local all
  all=$(kubectl get nodes --selector node-role.kubernetes.io/control-plane --request-timeout 10s --output \
    jsonpath="{range .items[*]}{.metadata.name} {.metadata.annotations['kubeadm-kafka/certificates-end']}{'\n'}{end}") || true
  awk -v host="$HOST" 'NF == 2 {end[$1] = $2} END {for (name in end) others += end[name] < end[host]; print 2 * others}' <<<"$all"
}

# restart_at_once PODS EXPIRED: for an API server that doesn't answer. If certificates have expired, that may be why, and each pod may
# need another one before it becomes healthy, on this host or on others, which do the same. Otherwise nothing restarts.
restart_at_once() {
  local pod
  if [[ -z $2 ]]; then
    problem="the API server does not answer, so nobody knows whether another control plane is about to restart"
    return
  fi
  step "restart static pods"
  for pod in $1; do stop_static_pod "$pod"; done
  for pod in $1; do wait_for_static_pod "$pod"; done
}

# restart_in_turn PODS URGENT: waits for the other control planes' static pods first. Certificates that end very soon don't wait.
restart_in_turn() {
  local pod unready
  if ! others_become_ready && [[ -z $2 ]]; then
    unready=$(unready_elsewhere)
    problem="static pods of other control planes are not ready: $(xargs <<<"$unready")"
    return
  fi
  for pod in $1; do step "restart $pod" && restart_static_pod "$pod"; done
}

others_become_ready() {
  local unready deadline=$((SECONDS + 300))
  until unready=$(unready_elsewhere) && [[ -z $unready ]]; do
    ((SECONDS < deadline)) || return 1
    sleep 1
  done
}

unready_elsewhere() {
  kubectl get pods --namespace kube-system --selector tier=control-plane --request-timeout 10s --output \
    jsonpath="{range .items[?(@.spec.nodeName!='$HOST')]}{.metadata.name} {.status.conditions[?(@.type=='Ready')].status}{'\n'}{end}" |
    awk '$2 != "True" {print $1}'
}

# Sets `problem` if this kubelet hasn't renewed a certificate, or any kubelet waits for one.
look_at_kubelets() {
  local late waiting
  late=$(late_kubelet_certificates)
  problem=${problem:-${late%%$'\n'*}}
  waiting=$(waiting_kubelets) || return 0
  [[ -z $waiting ]] ||
    problem=${problem:-"requests for kubelets' certificates are not approved: $(xargs <<<"$waiting"); journalctl --unit \
kubeadm-kafka-approval says why"}
}

# Prints the nodes whose kubelets have asked for a serving certificate and waited for more than ten minutes.
waiting_kubelets() {
  local user time all now
  now=$(date +%s)
  all=$(kubectl get certificatesigningrequests --field-selector spec.signerName=kubernetes.io/kubelet-serving --request-timeout 10s \
    --output go-template='{{range .items}}{{if not .status.conditions}}{{.spec.username}} {{.metadata.creationTimestamp}}{{"\n"}}{{end}}{{end}}') ||
    return
  while read -r user time; do
    [[ -z $user ]] || ((now - $(date --date "$time" +%s) < 600)) || echo "${user#system:node:}"
  done <<<"$all" | sort --unique
}

# Writes the problem, if there is one, to the record for `make drift`, and to an annotation of this Node for `up` and previews. Another
# annotation has the first end of a certificate.
report() {
  local first note=kubeadm-kafka/certificates-problem
  printf '%s' "$problem" >"$RECORD/certificates-problem"
  first=$(ends | awk '{print $2}' | sort | sed --quiet 1p)
  kubectl annotate node "$HOST" --overwrite --request-timeout 10s "kubeadm-kafka/certificates-end=$first" \
    "$note${problem:+=}${problem:--}"
}
