#!/usr/bin/env bash
# Lets the new authorities sign on this control plane, once all hosts and pods trust them: its certificates are signed anew, and its
# static pods restart. Pods that have read the old authority alone at their start are replaced before.
# Prints the authorities of the cluster that this host trusts, PEM in base64, the one that signs first.
# Follows turn.sh, control-plane-restart.sh, renewal.sh, authorities.sh and authority-exchange.sh.
# Inputs: AUTHORITY_GENERATION (number of the authorities that the cluster should have) VALIDITY (of certificates, such as
# 8760h0m0s) CERTIFICATE_KEY UNJOINED (names of workers that were no nodes in the pass before)
# shellcheck disable=SC2154 # variables of authorities.sh and authority-exchange.sh

# Namespaces whose pods are this program's and kubeadm's.
own_namespaces=(kube-system local-path-storage)

# Waits until each namespace has the new authority where pods read it, and writes down the time.
wait_until_published() {
  local missing deadline=$((SECONDS + 180))
  [[ -z $trusted ]] || return 0
  until missing=$(unpublished) && [[ -z $missing ]]; do
    ((SECONDS < deadline)) ||
      refuse KK968 "the ConfigMap kube-root-ca.crt lacks the new authority in these namespaces: $(xargs <<<"$missing"). The controller \
manager writes it: kubectl logs --namespace kube-system --selector component=kube-controller-manager says why not. Everything goes on to \
work; then run up again"
    sleep 2
  done
  trusted=$(date -u +%FT%TZ)
  share_exchange
}

# Prints the namespaces whose pods can't read the new authority yet.
unpublished() {
  kubectl get configmaps --all-namespaces --field-selector metadata.name=kube-root-ca.crt --output \
    jsonpath='{range .items[*]}{.metadata.namespace}{"\n"}{.data.ca\.crt}{"\n"}{end}' |
    awk -v wanted="$(first "$next/ca.crt")" '
      /^-----BEGIN CERTIFICATE-----/ {text = ""; inside = 1; next}
      /^-----END CERTIFICATE-----/ {if (text == wanted) has[namespace]; inside = 0; next}
      inside {text = text $1; next}
      NF {namespace = $1; all[namespace]}
      END {for (namespace in all) if (!(namespace in has)) print namespace}' | sort
}

# Prints NAMESPACE POD START OWNER NOTE of each running pod that has the authority in a volume. A program may read the file only at its
# start. OWNER is "KIND/NAME" in quotes, and NOTE `ignored` or nothing: what a user writes there could have lines of its own, about others'
# pods.
# shellcheck disable=SC2016 # a template's variables, not the shell's
readers='{{range .items}}{{$pod := .}}{{$owner := "none"}}{{range .metadata.ownerReferences}}{{$owner = printf "%s/%s" .kind .name | printf "%q"}}{{end}}{{range .spec.volumes}}{{with .projected}}{{range .sources}}{{with .configMap}}{{if eq .name "kube-root-ca.crt"}}{{$pod.metadata.namespace}} {{$pod.metadata.name}} {{$pod.status.startTime}} {{$owner}} {{with $pod.metadata.annotations}}{{with index . "kubeadm-kafka/authority"}}{{if eq . "ignored"}}{{.}}{{end}}{{end}}{{end}}{{"\n"}}{{end}}{{end}}{{end}}{{end}}{{end}}{{end}}'

# Prints the readers that started before they could read the new authority. One whose annotation says `ignored` doesn't count.
outdated_readers() {
  local all namespace pod start owner noted
  all=$(kubectl get pods --all-namespaces --field-selector status.phase!=Succeeded,status.phase!=Failed --output "go-template=$readers")
  sort --unique <<<"$all" | while read -r namespace pod start owner noted; do
    [[ -z $namespace || $start > $trusted || $noted == ignored ]] || echo "$namespace $pod ${owner//\"/}"
  done
}

# Restarts the program's own pods one by one, and refuses as long as others' are left.
restart_readers() {
  local all others=() namespace pod owner
  all=$(outdated_readers)
  while read -r namespace pod owner; do
    if [[ -z $namespace ]]; then continue; fi
    if [[ " ${own_namespaces[*]} " == *" $namespace "* && $owner == @(DaemonSet|ReplicaSet)/* ]]; then
      restart_pod "$namespace" "$pod" "$owner"
    else
      others+=("$namespace/$pod")
    fi
  done <<<"$all"
  ((${#others[@]} == 0)) ||
    refuse KK964 "these pods started before $trusted, when pods could first read the new authority, and may be clients of the API server \
that trust the old one alone: ${others[*]:0:20}. Restart them (kubectl rollout restart), or, if they aren't such clients, let them be \
ignored: kubectl annotate pod NAME --namespace NAMESPACE $pass_note=ignored. Everything goes on to work; then run up again"
}

# restart_pod NAMESPACE POD OWNER: replaces a pod, and waits until its owner has as many ready ones as before.
restart_pod() {
  local before deadline=$((SECONDS + 300))
  before=$(ready_pods "$1" "$3")
  kubectl delete pod "$2" --namespace "$1" --ignore-not-found
  until (($(ready_pods "$1" "$3") >= before)); do
    ((SECONDS < deadline)) || refuse KK965 "$3 in $1 has not got a ready pod in the place of $2 within five minutes; kubectl describe pods \
--namespace $1 says why. Everything else goes on to work; then run up again"
    sleep 1
  done
}

# shellcheck disable=SC2016 # a template's variables, not the shell's
ready_owners='{{range .items}}{{$pod := .}}{{if not .metadata.deletionTimestamp}}{{range .status.conditions}}{{if and (eq .type "Ready") (eq .status "True")}}{{range $pod.metadata.ownerReferences}}{{.kind}}/{{.name}}{{"\n"}}{{end}}{{end}}{{end}}{{end}}{{end}}'

# ready_pods NAMESPACE OWNER: prints the number of an owner's ready pods.
ready_pods() {
  local all
  all=$(kubectl get pods --namespace "$1" --output "go-template=$ready_owners")
  grep --count --line-regexp --fixed-strings -- "$2" <<<"$all" || true
}

# Makes the new authorities the ones that sign. Each file is replaced at once, but a key and its certificate are two: whoever signs in
# between, or after an interruption there, fails, and the next run goes on.
sign_by_next() {
  local name file
  for name in "${authorities[@]}"; do
    file=$pki/$name
    if [[ $(first "$file.crt") == "$(first "$next/$name.crt")" ]] && cmp --quiet "$next/$name.key" "$file.key"; then continue; fi
    { certificates "$next/$name.crt" && certificates "$file.crt"; } | pem >"$SCRATCH/bundle"
    install -m 600 "$next/$name.key" "$file.key.new"
    mv "$file.key.new" "$file.key"
    if [[ $name == ca ]]; then set_authority "$SCRATCH/bundle"; else replace "$file.crt" <"$SCRATCH/bundle"; fi
  done
  write_signer
}

# Prints the names, in kubeadm's words, of this control plane's certificates that the authorities haven't signed.
unsigned() {
  local name file authority
  while read -r name file authority; do
    [[ ! -e $file ]] || is_signed "$file" "$authority" >&2 || echo "$name"
  done <<-CERTIFICATES
	apiserver $pki/apiserver.crt $pki/ca.crt
	apiserver-kubelet-client $pki/apiserver-kubelet-client.crt $pki/ca.crt
	apiserver-etcd-client $pki/apiserver-etcd-client.crt $pki/etcd/ca.crt
	front-proxy-client $pki/front-proxy-client.crt $pki/front-proxy-ca.crt
	etcd-server $pki/etcd/server.crt $pki/etcd/ca.crt
	etcd-peer $pki/etcd/peer.crt $pki/etcd/ca.crt
	etcd-healthcheck-client $pki/etcd/healthcheck-client.crt $pki/etcd/ca.crt
	admin.conf /etc/kubernetes/admin.conf $pki/ca.crt
	super-admin.conf /etc/kubernetes/super-admin.conf $pki/ca.crt
	controller-manager.conf /etc/kubernetes/controller-manager.conf $pki/ca.crt
	scheduler.conf /etc/kubernetes/scheduler.conf $pki/ca.crt
	CERTIFICATES
}

sign_anew() {
  local name left
  for name in $(unsigned); do kubeadm certs renew "$name" --config "$SCRATCH/renewal.yaml"; done
  trust_in_kubeconfigs
  left=$(unsigned)
  [[ -z $left ]] || refuse KK966 "kubeadm has not signed these by the new authorities: $(xargs <<<"$left"); the end of $LOG there says why"
}

begin_on_ours
export KUBECONFIG=/etc/kubernetes/admin.conf
step "wait for the API server" && wait_for_api
step "read how far the exchange is" && write_renewal_config && read_exchange && require_generation
if has_next; then
  step "forget Nodes of hosts that are none" && forget_unjoined
  step "wait until all hosts trust the new authorities" && require_pass add
  step "wait until pods can read the new authority" && wait_until_published
  step "restart pods that trust the old authority alone" && restart_readers
  step "sign by the new authorities" && sign_by_next
fi
step "sign this host's certificates anew" && sign_anew
restart_outdated
step "tell those that join" && tell_joining
step "write down how far this host is" && note_pass use
result "$(authority_joined)"
