#!/usr/bin/env bash
# Installs, on a control plane, the timer that writes encrypted backups, and another one that tries again after a failure, and takes the
# first backup. When its resource is deleted, it removes the timers, and leaves the backups.
# Follows backups-folder.sh.
# Inputs: TAKE_BACKUP (the script that the timer runs) RECIPIENT (certificate to encrypt to, PEM) STACKS_KEY (whether its private key
# exists only in the stack's state) EVERY_SECONDS KEEP_COUNT KEEP_DAYS COPY_TO (another host of the cluster, or empty) COPY_IMAGE
# S3_ENDPOINT (empty for none) S3_BUCKET S3_PREFIX S3_REGION S3_KEY_ID S3_SECRET
# shellcheck disable=SC2154 # `changed` is put's, in lib.sh

home=$RECORD/backups
unit=kubeadm-kafka-backup

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

# write_unit UNIT TRIGGERS [WORD] [CONDITION]: writes a service that runs take-backup.sh with the word, and its timer.
write_unit() {
  local rewritten=''
  put "/etc/systemd/system/$1.service" <<-UNIT
	[Unit]
	Description=Backup of the Kubernetes control plane (kubeadm-kafka)
	${4:-}
	[Service]
	Type=oneshot
	ExecStart=/bin/bash $home/take-backup.sh ${3:-}
	TimeoutStartSec=4h
	Nice=10
	IOSchedulingClass=idle
	UNIT
  rewritten+=$changed
  put "/etc/systemd/system/$1.timer" <<-UNIT
	[Unit]
	Description=Backups of the Kubernetes control plane (kubeadm-kafka)
	[Timer]
	$2
	[Install]
	WantedBy=timers.target
	UNIT
  rewritten+=$changed
  [[ -z $rewritten ]] || systemctl daemon-reload
  systemctl enable --quiet "$1.timer"
  [[ -z $rewritten ]] || systemctl restart "$1.timer"
  systemctl start "$1.timer"
  applied unit "$1.timer"
}

# A timer whose service's condition fails starts it again only by the calendar.
write_units() {
  write_unit "$unit" "OnBootSec=15min"$'\n'"OnUnitActiveSec=${EVERY_SECONDS}s"
  write_unit "$unit-again" "OnCalendar=*:0/15" again "ConditionPathExists=$home/failed"
}

take_first() {
  systemctl start "$unit.service" ||
    refuse KK952 "a backup failed, $(cat "$home/failed" 2>/dev/null || echo "and nobody knows why: journalctl --unit $unit")"
}

remove() {
  systemctl disable --quiet --now "$unit"{,-again}.timer || true
  systemctl stop "$unit"{,-again}.service || true
  rm -rf "/etc/systemd/system/$unit"{,-again}.{service,timer} "$home" "$RECORD/applied/$ACTION"
  systemctl daemon-reload
  kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout 20s annotate node "$HOST" \
    kubeadm-kafka/backup{,-due,-failed,-copy,-upload}- || true
}

begin_on_ours
if [[ $1 == create ]]; then
  step "write the backups' settings" && write_settings
  step "start the backups' timers" && write_units
  step "take a backup" && take_first
  step "write down what was applied" && keep_applied
else
  step "remove the backups' timers" && remove
fi
