#!/usr/bin/env bash
# Renews the certificates of this control plane that end soon, and restarts the static pods that read them, one after the other.
# Installs a timer that does the same without any `up`, and a service that approves kubelets' requests for serving certificates.
# Follows turn.sh, control-plane-restart.sh, client-certificate.sh, kubelet-login.sh, serving-certificate.sh and renewal.sh.
# Inputs: VALIDITY RENEW_BEFORE RENEWER (the text that the timer lets bash run: renew-certificates.sh with its inputs) PERIOD
# (seconds between its runs) and APPROVER (the text that the service lets bash run: approve-kubelets.sh with its inputs)
# shellcheck disable=SC2154 # `changed` and `problem` are in libraries

# Tells kubeadm, for the next control plane that joins and for upgrades, how long certificates are valid.
set_validity() {
  local config file=$SCRATCH/ClusterConfiguration
  config=$(kubectl get configmap kubeadm-config --namespace kube-system --output jsonpath='{.data.ClusterConfiguration}')
  { grep --invert-match '^certificateValidityPeriod:' <<<"$config" && echo "certificateValidityPeriod: $VALIDITY"; } >"$file"
  [[ $(sort "$file") != "$(sort <<<"$config")" ]] || return 0
  kubectl create configmap kubeadm-config --namespace kube-system --from-file="$file" --dry-run=client --output yaml |
    kubectl replace --filename -
}

# The first run is soon after a boot: while the host was off, its certificates may have expired.
install_timer() {
  local unit=kubeadm-kafka-certificates script=$RECORD/renew-certificates.sh restart=''
  put "$script" <<<"$RENEWER"
  put "/etc/systemd/system/$unit.service" <<-UNIT
	[Unit]
	Description=Renewal of the Kubernetes control plane's certificates that end soon (kubeadm-kafka)
	[Service]
	Type=oneshot
	ExecStart=/usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin timeout --kill-after=1m ${MINUTES}m bash --norc $script create
	UNIT
  restart+=$changed
  put "/etc/systemd/system/$unit.timer" <<-UNIT
	[Unit]
	Description=Renewal of the Kubernetes control plane's certificates that end soon (kubeadm-kafka)
	[Timer]
	OnActiveSec=$((PERIOD < 300 ? PERIOD : 300))s
	OnUnitInactiveSec=${PERIOD}s
	AccuracySec=1s
	[Install]
	WantedBy=timers.target
	UNIT
  restart+=$changed
  [[ -z $restart ]] || systemctl daemon-reload
  systemctl enable --quiet "$unit.timer"
  if [[ -n $restart ]]; then systemctl restart "$unit.timer"; else systemctl start "$unit.timer"; fi
  applied unit "$unit.timer"
}

# Gives the service's user no more rights than it needs.
let_approve() {
  kubectl apply --server-side --force-conflicts --field-manager kubeadm-kafka --filename - <<-'OBJECTS'
	apiVersion: rbac.authorization.k8s.io/v1
	kind: ClusterRole
	metadata: {name: "kubeadm-kafka:approver"}
	rules:
	  - {apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests], verbs: [get, list, watch]}
	  - {apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests/approval], verbs: [update]}
	  - {apiGroups: [certificates.k8s.io], resources: [signers], resourceNames: [kubernetes.io/kubelet-serving], verbs: [approve]}
	  - {apiGroups: [""], resources: [configmaps], resourceNames: [kubeadm-kafka-addresses], verbs: [get]}
	---
	apiVersion: rbac.authorization.k8s.io/v1
	kind: ClusterRoleBinding
	metadata: {name: "kubeadm-kafka:approver"}
	roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "kubeadm-kafka:approver"}
	subjects:
	  - {apiGroup: rbac.authorization.k8s.io, kind: User, name: "kubeadm-kafka:approver"}
	OBJECTS
}

approval=kubeadm-kafka-approval.service

install_approver() {
  local script=$RECORD/approve-kubelets.sh restart=''
  put "$script" <<<"$APPROVER"
  restart+=$changed
  put "/etc/systemd/system/$approval" <<-UNIT
	[Unit]
	Description=Approval of kubelets' requests for serving certificates (kubeadm-kafka)
	[Service]
	ExecStart=/usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin bash --norc $script create
	Restart=always
	RestartSec=5
	[Install]
	WantedBy=multi-user.target
	UNIT
  restart+=$changed
  [[ -z $restart ]] || systemctl daemon-reload
  systemctl enable --quiet "$approval"
  if [[ -n $restart ]]; then systemctl restart "$approval"; else systemctl start "$approval"; fi
  applied unit "$approval"
}

begin_on_ours
export KUBECONFIG=/etc/kubernetes/admin.conf

step "install the timer" && install_timer
renew
step "install the approver" && install_approver
step "let it approve kubelets' requests" && { let_approve || [[ -n $problem ]]; } # the API server may be the problem
if [[ -z $problem ]]; then
  step "wait for the kubelet's certificate" && wait_for_serving_certificate
fi
step "look at kubelets' certificates" && look_at_kubelets
step "write down what was found"
if [[ -z $problem ]]; then
  report
  step "tell kubeadm how long certificates are valid" && set_validity
else
  report || true # the API server may be the problem
fi
step "write down what was applied" && keep_applied
