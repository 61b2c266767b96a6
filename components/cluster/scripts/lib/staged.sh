# shellcheck shell=bash
# A backup that `make restore` has put on this host, and its end: it has the cluster's keys in clear, and nobody should run it once its
# reason is forgotten. For expect-backup.sh, restore.sh and control-plane.sh.
# shellcheck disable=SC2034 # scripts read the variables

archive=$RECORD/restore.tar.gz
staged=$RECORD/restore
asked=$staged/asked       # the restore that the backup is for, once it is unpacked and checked
restored=$RECORD/restored # the last one that was complete
end_unit=kubeadm-kafka-restore-end
end_minutes=$((24 * 60))

# is_staged RESTORE: whether this very restore was asked for here, and isn't complete or too old. The timer may not have run.
is_staged() { [[ -n $1 && $(cat "$asked" 2>/dev/null) == "$1" && -n $(find "$asked" -mmin "-$end_minutes") ]] && ! was_restored "$1"; }

was_restored() { [[ $(cat "$restored" 2>/dev/null) == "$1" ]]; }

forget_stage() {
  rm -rf "$archive" "$staged"
  systemctl disable --quiet --now "$end_unit.timer" || true
  rm -f "/etc/systemd/system/$end_unit".{service,timer}
  systemctl daemon-reload
}
