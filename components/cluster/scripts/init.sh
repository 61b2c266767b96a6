#!/usr/bin/env bash
# Turns the first host into a control plane, once; a half-done attempt is cleared first. Prints, as JSON with base64
# values, the administrator's kubeconfig and that of the joiner, with which workers come in.
# Inputs: KUBEADM_CONFIG FIXED (what can't change on a running cluster) SCHEDULE_ON_CONTROL_PLANE

init_cluster() {
  if [[ -e /etc/kubernetes/admin.conf || -d /var/lib/etcd/member || -n $(ls /etc/kubernetes/manifests) ]]; then
    kubeadm reset --force
  fi
  kubeadm init --config "$SCRATCH/kubeadm.yaml" --skip-token-print
}

# A worker gets neither the administrator's rights nor a secret it could keep: the joiner may ask for a node's
# certificate (as a bootstrap token does), set a node's label, and delete a node that goes.
let_workers_join() {
  local joiner=$RECORD/joiner.conf
  if [[ ! -s $joiner ]]; then
    kubeadm kubeconfig user --config "$SCRATCH/kubeadm.yaml" --client-name kubeadm-kafka:joiner \
      --org system:bootstrappers:kubeadm:default-node-token >"$SCRATCH/joiner"
    install -m 600 "$SCRATCH/joiner" "$joiner.new" && mv "$joiner.new" "$joiner"
  fi
  kubectl auth reconcile -f - <<-RBAC
	apiVersion: rbac.authorization.k8s.io/v1
	kind: ClusterRole
	metadata: {name: "kubeadm-kafka:joiner"}
	rules:
	  - {apiGroups: [""], resources: [nodes], verbs: [get, patch, delete]}
	---
	apiVersion: rbac.authorization.k8s.io/v1
	kind: ClusterRoleBinding
	metadata: {name: "kubeadm-kafka:joiner"}
	roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "kubeadm-kafka:joiner"}
	subjects:
	  - {apiGroup: rbac.authorization.k8s.io, kind: User, name: "kubeadm-kafka:joiner"}
	RBAC
}

set_taint() {
  local taint=node-role.kubernetes.io/control-plane has
  has=$(kubectl get node "$HOST" --output jsonpath="{.spec.taints[?(@.key=='$taint')].effect}")
  if [[ $SCHEDULE_ON_CONTROL_PLANE == true ]]; then
    [[ -z $has ]] || kubectl taint node "$HOST" "$taint-"
  else
    [[ -n $has ]] || kubectl taint node "$HOST" "$taint:NoSchedule"
  fi
}

wait_for_api() {
  local deadline=$((SECONDS + 120))
  until kubectl get --raw /readyz >/dev/null; do
    ((SECONDS < deadline))
    sleep 1
  done
}

begin
export KUBECONFIG=/etc/kubernetes/admin.conf
printf '%s\n' "$KUBEADM_CONFIG" >"$SCRATCH/kubeadm.yaml"
done_marker=$RECORD/cluster

if [[ ! -e $done_marker ]]; then
  step "kubeadm init"
  init_cluster
  printf '%s\n' "$FIXED" >"$SCRATCH/cluster" && mv "$SCRATCH/cluster" "$done_marker"
elif [[ $(<"$done_marker") != "$FIXED" ]]; then
  refuse KK714 "these can't change on a running cluster (- as it is, + as configured); destroy it first, or set them back:
$(diff --unified=0 "$done_marker" - <<<"$FIXED" | grep '^[-+][^-+]')"
fi
step "wait for the API server" && wait_for_api
step "let workers join" && let_workers_join
step "taint or untaint the control plane" && set_taint
admin=$(base64 --wrap=0 "$KUBECONFIG")
joiner=$(base64 --wrap=0 "$RECORD/joiner.conf")
result "{\"admin\":\"$admin\",\"joiner\":\"$joiner\"}"
