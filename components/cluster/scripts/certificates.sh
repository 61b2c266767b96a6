#!/usr/bin/env bash
# Renews the certificates of this control plane that end soon, and restarts the static pods that read them, one after the other.
# Installs a timer that does the same without any `up`.
# Follows control-plane-restart.sh and renewal.sh.
# Inputs: VALIDITY RENEW_BEFORE RENEWER (the text that the timer lets bash run: renew-certificates.sh with its inputs) and
# PERIOD (seconds between its runs)
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

begin_on_ours
export KUBECONFIG=/etc/kubernetes/admin.conf

step "install the timer" && install_timer
renew
step "look at the kubelet's certificate" && look_at_kubelet
step "write down what was found"
if [[ -z $problem ]]; then
  report
  step "tell kubeadm how long certificates are valid" && set_validity
else
  report || true # the API server may be the problem
fi
step "write down what was applied" && keep_applied
