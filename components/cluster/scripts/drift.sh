#!/usr/bin/env bash
# Prints how the host has drifted since its steps ran: a line for each difference, with the step that repairs it. Changes nothing,
# and takes no lock.
# Follows kubelet-login.sh and serving-certificate.sh.
# Inputs: STEPS (prepare …)

# certificate_in FILE: prints the certificate of a file, or of a kubeconfig.
certificate_in() {
  if [[ $1 == *.conf ]]; then sed --quiet 's/^ *client-certificate-data: //p' "$1" | base64 --decode; else cat "$1"; fi
}

# Prints kubeadm's certificates on a control plane that have less than half of the time left in which they should have been renewed.
late_certificates() {
  local file end before
  before=$(sed --quiet "s/^RENEW_BEFORE='\(.*\)'$/\1/p" "$RECORD/renew-certificates.sh")
  for file in /etc/kubernetes/{admin,super-admin,controller-manager,scheduler}.conf /etc/kubernetes/pki/{,etcd/}*.crt; do
    [[ -e $file && $file != *ca.crt ]] || continue
    end=$(certificate_in "$file" | openssl x509 -noout -enddate | cut --delimiter='=' --fields=2)
    (($(date --date "$end" +%s) - $(date +%s) >= before / 2)) ||
      echo "certificates certificate $file ends $(date -u --date "$end" +%FT%TZ)"
  done
}

# Prints which certificates the kubelet should have renewed. Only a worker needs an `up` to log in again: on a control plane the timer
# signs another certificate.
print_kubelet_drift() {
  local step=certificates
  [[ " $STEPS " != *" join "* ]] || step="join"
  late_kubelet_certificates | sed "s/^/$step /"
  [[ $step == certificates ]] || has_login >/dev/null 2>&1 ||
    echo "$step the kubelet can't log in any more; let the worker ask for another certificate: bin/pulumi up --replace '**-$HOST-request'"
}

# Prints why backups aren't as they should be: what failed, or that none was written in time.
print_backup_drift() {
  local home=$RECORD/backups FOLDER='' EVERY_SECONDS=0 newest age
  [[ ! -s $home/failed ]] || echo "backups backup failed $(<"$home/failed")"
  # shellcheck source=/dev/null
  . "$home/settings"
  newest=$(find "$FOLDER" -maxdepth 1 -name "*-$HOST.backup" -printf '%T@ %f\n' | sort --numeric-sort | tail -n 1)
  newest=${newest:-0.0 none}
  age=$(($(date +%s) - ${newest%%.*}))
  ((age <= 2 * EVERY_SECONDS)) || echo "backups backup ${newest#* } is the newest, $((age / 3600)) hours old"
}

for applied_by in $STEPS; do
  manifest=$RECORD/applied/$applied_by
  if [[ ! -f $manifest ]]; then
    echo "$applied_by $manifest is gone, so there is nothing to compare with"
    continue
  fi
  while read -r kind name was; do
    is=$(observed "$kind" "$name")
    if [[ $is == "$was" ]]; then continue; fi
    how="is ${is:-missing}, was ${was:-none}"
    if [[ $kind == file ]]; then [[ -n $is ]] && how="was edited" || how="is missing"; fi
    echo "$applied_by $kind $name $how"
  done <"$manifest"
  [[ $applied_by != backups ]] || print_backup_drift
done
if [[ -s $RECORD/certificates-problem ]]; then
  echo "certificates renewal of certificates: $(<"$RECORD/certificates-problem")"
fi
if [[ -s $RECORD/renew-certificates.sh ]]; then
  late_certificates
fi
print_kubelet_drift
