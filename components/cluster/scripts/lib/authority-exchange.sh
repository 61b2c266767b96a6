# shellcheck shell=bash
# What control planes share while authorities are exchanged, and how they restart. Follows turn.sh, control-plane-restart.sh,
# renewal.sh and authorities.sh. Needs an administrator's KUBECONFIG.
# Inputs: AUTHORITY_GENERATION (number of the authorities that the cluster should have) CERTIFICATE_KEY (encrypts what only control
# planes may read)
# shellcheck disable=SC2154 # variables of authorities.sh

exchange_secret=(kubeadm-kafka-authorities --namespace kube-system)
next=$SCRATCH/next # new authorities with their keys, in the files' names of $pki; empty once the keys are gone from the Secret

# Reads the Secret. Sets `generation`, the number of the newest authorities, and `trusted`, the time at which all pods could read them.
# A cluster that has exchanged none has the first ones.
read_exchange() {
  local text
  text=$(kubectl get secret "${exchange_secret[@]}" --ignore-not-found --output \
    go-template='{{.data.generation | base64decode}} {{with .data.trusted}}{{base64decode .}}{{end}}')
  read -r generation trusted <<<"${text:-1}"
  rm -rf "$next"
  mkdir -p "$next/etcd"
  kubectl get secret "${exchange_secret[@]}" --ignore-not-found --output \
    go-template='{{with .data.next}}{{base64decode .}}{{end}}' >"$SCRATCH/encrypted"
  printf '%s\n' "$CERTIFICATE_KEY" >"$SCRATCH/passphrase"
  [[ -s $SCRATCH/encrypted ]] || return 0
  # shellcheck disable=SC2015 # either may fail
  openssl enc -d -aes-256-cbc -pbkdf2 -base64 -pass "file:$SCRATCH/passphrase" -in "$SCRATCH/encrypted" -out "$SCRATCH/next.tar" &&
    tar --extract --directory "$next" --file "$SCRATCH/next.tar" ||
    refuse KK967 "the new authorities in the Secret kube-system/${exchange_secret[0]} can't be read: somebody has changed it, or it is of \
another cluster. No host has begun to sign by them if this is a step of authority-add: then delete the Secret, and run up again"
}

# Refuses to go on with an exchange that hasn't begun.
require_generation() {
  ((generation == AUTHORITY_GENERATION)) ||
    refuse KK963 "the cluster has authorities $generation, and kubernetes.certificates.authorityGeneration is $AUTHORITY_GENERATION: the \
authority-add step was left out; run up without --target"
}

# Writes the Secret. Without files in $next, the keys are removed from it.
share_exchange() {
  local keys=(--from-literal "generation=$generation")
  [[ -z $trusted ]] || keys+=(--from-literal "trusted=$trusted")
  if has_next; then
    tar --create --directory "$next" . |
      openssl enc -aes-256-cbc -pbkdf2 -base64 -pass "file:$SCRATCH/passphrase" -out "$SCRATCH/encrypted"
    keys+=(--from-file "next=$SCRATCH/encrypted")
  fi
  kubectl create secret generic "${exchange_secret[@]}" "${keys[@]}" --dry-run=client --output json |
    kubectl apply --server-side --force-conflicts --field-manager kubeadm-kafka --filename -
}

has_next() { [[ -s $next/ca.crt ]]; }

# Writes a ClusterConfiguration for kubeadm in which FOLDER has the certificates.
config_for() {
  sed "/^kind: ClusterConfiguration/a certificatesDir: $1" "$SCRATCH/renewal.yaml"
}

# Gives control planes and nodes that join the authorities of this control plane. kubeadm's Secret would expire after two hours with the
# token that owns it.
tell_joining() {
  local info=(configmap cluster-info --namespace kube-public) text=$SCRATCH/cluster-info
  (umask 077 && { printf 'certificateKey: %s\n' "$CERTIFICATE_KEY" && cat "$SCRATCH/renewal.yaml"; } >"$SCRATCH/upload.yaml")
  kubeadm init phase upload-certs --upload-certs --skip-certificate-key-print --config "$SCRATCH/upload.yaml"
  kubectl patch secret kubeadm-certs --namespace kube-system --type merge --patch '{"metadata":{"ownerReferences":null}}'
  kubectl get "${info[@]}" --ignore-not-found --output jsonpath='{.data.kubeconfig}' >"$text.now"
  [[ -s $text.now ]] || return 0
  sed "s,^\( *certificate-authority-data:\) .*,\1 $(base64 --wrap=0 "$pki/ca.crt")," "$text.now" >"$text"
  kubectl create "${info[@]}" --from-file "kubeconfig=$text" --dry-run=client --output json |
    kubectl apply --server-side --force-conflicts --field-manager kubeadm-kafka --filename -
}

# Restarts the static pods that started before one of their files was written, one after the other, while no other control plane
# restarts its own, and then the kubelet.
restart_outdated() {
  local pods pod unready
  pods=$(outdated_pods)
  if [[ -n $pods ]]; then
    begin_turn
    unready=$(others_become_ready || unready_elsewhere)
    [[ -z $unready ]] || end_turn
    [[ -z $unready ]] || refuse KK969 "static pods of other control planes are not ready: $(xargs <<<"$unready"). The ones here go on with \
the certificates from before. Repair the others, then run up again"
    for pod in $pods; do step "restart $pod" && restart_static_pod "$pod"; done
    end_turn
  fi
  step "wait for the API server" && wait_for_api
  step "restart the kubelet" && restart_outdated_kubelet
  # It trusts what the administrator's kubeconfig did when it logged in.
  systemctl try-restart kubeadm-kafka-approval.service
}
