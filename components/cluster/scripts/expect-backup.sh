#!/usr/bin/env bash
# Forgets a backup that an earlier `make restore` has put on a control plane, and has a timer remove the next one after a day, before
# `make restore` sends it.
# Follows staged.sh.
# shellcheck disable=SC2154 # variables of staged.sh

# The calendar's time counts if the host was rebooted or off, the other one if its clock was set. A step that runs, which may be the
# restore, has the lock.
write_end() {
  write "/etc/systemd/system/$end_unit.service" <<-UNIT
	[Unit]
	Description=Removal of a backup that was not restored (kubeadm-kafka)
	[Service]
	Type=oneshot
	ExecStartPre=/bin/mkdir --parents --mode=700 $WORK
	ExecStart=/usr/bin/flock $WORK/lock /bin/rm --recursive --force $archive $staged
	UNIT
  write "/etc/systemd/system/$end_unit.timer" <<-UNIT
	[Unit]
	Description=Removal of a backup that was not restored (kubeadm-kafka)
	[Timer]
	OnCalendar=$(date --utc --date "+$end_minutes minutes" '+%F %T') UTC
	OnActiveSec=${end_minutes}min
	Persistent=true
	[Install]
	WantedBy=timers.target
	UNIT
  systemctl daemon-reload
  systemctl enable --quiet --now "$end_unit.timer"
}

begin_on_ours
step "forget an earlier backup" && forget_stage
step "have a timer remove the next one" && write_end
