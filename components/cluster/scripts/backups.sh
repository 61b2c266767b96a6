#!/usr/bin/env bash
# Installs, on a control plane, the timer that writes encrypted backups, and takes the first one. When its resource is deleted, it
# removes the timer, and leaves the backups.
# Inputs: TAKE_BACKUP (the script that the timer runs) RECIPIENT (certificate to encrypt to, PEM) STACKS_KEY (whether its private key
# exists only in the stack's state) EVERY_SECONDS KEEP_COUNT KEEP_DAYS COPY_TO (another host of the cluster, or empty) COPY_IMAGE
# S3_ENDPOINT (empty for none) S3_BUCKET S3_PREFIX S3_REGION S3_KEY_ID S3_SECRET
# shellcheck disable=SC2154 # `changed` is put's, in lib.sh

home=$RECORD/backups
unit=kubeadm-kafka-backup

# Prints the folder of this cluster's backups, on each of its hosts. undo.sh has the same rule.
backups_folder() {
  local name=${CLUSTER##*/}
  name=${name/ (/-}
  printf '/var/backups/kubeadm-kafka/%s' "${name%)}"
}

write_settings() {
  local name FOLDER
  FOLDER=$(backups_folder)
  install -d -m 700 "$FOLDER" "$home"
  put "$home/take-backup.sh" <<<"$TAKE_BACKUP"
  put "$home/recipient.crt" <<<"$RECIPIENT"
  (umask 077 && touch "$home/settings")
  for name in HOST CLUSTER FOLDER KEEP_COUNT KEEP_DAYS EVERY_SECONDS COPY_TO COPY_IMAGE S3_ENDPOINT S3_BUCKET S3_PREFIX \
    S3_REGION S3_KEY_ID S3_SECRET; do
    printf '%s=%q\n' "$name" "${!name}"
  done | put "$home/settings"
  # Without the stack's state nobody can read these backups, so they go with this host's part in the cluster.
  if [[ $STACKS_KEY == true ]]; then touch "$FOLDER/.goes-with-the-stack"; else rm -f "$FOLDER/.goes-with-the-stack"; fi
}

write_units() {
  local rewritten=''
  put "/etc/systemd/system/$unit.service" <<-UNIT
	[Unit]
	Description=Backup of the Kubernetes control plane (kubeadm-kafka)
	[Service]
	Type=oneshot
	ExecStart=/bin/bash $home/take-backup.sh
	TimeoutStartSec=2h
	Nice=10
	IOSchedulingClass=idle
	UNIT
  rewritten+=$changed
  put "/etc/systemd/system/$unit.timer" <<-UNIT
	[Unit]
	Description=Backups of the Kubernetes control plane (kubeadm-kafka)
	[Timer]
	OnBootSec=15min
	OnUnitActiveSec=${EVERY_SECONDS}s
	[Install]
	WantedBy=timers.target
	UNIT
  rewritten+=$changed
  [[ -z $rewritten ]] || systemctl daemon-reload
  systemctl enable --quiet "$unit.timer"
  [[ -z $rewritten ]] || systemctl restart "$unit.timer"
  systemctl start "$unit.timer"
  applied unit "$unit.timer"
}

take_first() {
  systemctl start "$unit.service" ||
    refuse KK952 "a backup failed, $(cat "$home/failed" 2>/dev/null || echo "and nobody knows why: journalctl --unit $unit")"
}

remove() {
  systemctl disable --quiet --now "$unit.timer" || true
  systemctl stop "$unit.service" || true
  rm -rf "/etc/systemd/system/$unit".{service,timer} "$home" "$RECORD/applied/$ACTION"
  systemctl daemon-reload
  kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout 20s annotate node "$HOST" \
    kubeadm-kafka/backup{,-due,-failed}- || true
}

begin_on_ours
if [[ $1 == create ]]; then
  step "write the backups' settings" && write_settings
  step "start the backups' timer" && write_units
  step "take a backup" && take_first
  step "write down what was applied" && keep_applied
else
  step "remove the backups' timer" && remove
fi
