#!/usr/bin/env bash
# Reports whether the host needs a reboot, and which packages have newer versions, in an annotation of its Node. Changes nothing else
# but apt's lists. A timer on each host runs it.
# Follows packages.sh and reboot.sh.
# Inputs: LOOK_FOR_UPDATES (true or false) MIRROR (its URL, empty for upstream)
# shellcheck disable=SC2154 # variables of libraries

report_note=kubeadm-kafka/host # annotation, see maintenancePlan.ts

is_joined() { [[ -s /etc/kubernetes/kubelet.conf && ! -e /etc/kubernetes/bootstrap-kubelet.conf ]]; }

# Prints the report in JSON.
report() {
  local reason updates='' field=reboot boot left='' last=''
  boot=$(boot_id)
  reason=$(why_reboot)
  [[ $LOOK_FOR_UPDATES != true ]] || updates=$(newer_packages)
  [[ ! -e $rebooted_for ]] || read -r left last <"$rebooted_for"
  [[ $last != "$reason" || $left == "$boot" ]] || field=remains
  printf '{"boot":"%s"%s%s}\n' "$boot" "${reason:+,\"$field\":\"$reason\"}" "${updates:+,\"updates\":\"$updates\"}"
}

# Prints NAME=VERSION of each package of the node's runtime and proxy that has a newer version. A package that somebody has pinned
# stays. Without lists that can be read nothing is newer.
newer_packages() {
  local package packages=()
  for package in $(containerd_package) runc $(proxy_package); do
    [[ $(observed pinned-package "$package") != "install installed"* ]] || packages+=("$package")
  done
  ((${#packages[@]})) || return 0
  read_lists
  apt --simulate --only-upgrade install "${packages[@]}" |
    awk -v wanted=" ${packages[*]} " '/^Inst / && index(wanted, " " $2 " ") && $3 ~ /^\[/ {print $2 "=" substr($4, 2)}' | sort | xargs
}

# Prints the package of the containerd that runs, such as Docker's; nothing where it is no package's.
containerd_package() {
  dpkg-query --search "$(realpath "$(command -v containerd)")" 2>/dev/null | cut --delimiter=: --fields=1 || true
}

# Prints the package of this node's proxy to the API servers; nothing where there is none. Another haproxy is somebody's own.
proxy_package() { [[ ! -e $settings/api.cfg ]] || echo haproxy; }

# Reads apt's lists once a day, since a host without a connection of its own never does.
read_lists() {
  local stamp=$WORK/lists-read
  [[ -z $(find "$stamp" -mmin -1440 2>/dev/null) ]] || return 0
  apt_update >&2 || true # stdout is the report
  touch "$stamp"
}

# Waits until the kubelet has posted its state since its start. Whoever sees another boot in the report then knows that the node's
# readiness isn't from before the boot.
wait_for_kubelet() {
  local time deadline=$((SECONDS + 600))
  until systemctl is-active --quiet kubelet && time=$(heartbeat) && [[ -n $time ]] && (($(date --date "$time" +%s) >= $(started))); do
    ((SECONDS < deadline))
    sleep 2
  done
}

heartbeat() {
  kubectl --request-timeout 5s get node "$HOST" --output jsonpath='{.status.conditions[?(@.type=="Ready")].lastHeartbeatTime}'
}

# Prints the time of the kubelet's start by the present clock, in seconds since 1970, less two for rounding. systemd's own record of that
# time is from before the clock was set, which happens after many boots: the hardware's clock may be off by hours.
started() {
  local now up since
  now=$(date +%s) up=$(cut --delimiter=. --fields=1 /proc/uptime)
  since=$(systemctl show kubelet --property ActiveEnterTimestampMonotonic --value) # microseconds
  echo $((now - up + since / 1000000 - 2))
}

begin_without_lock
export KUBECONFIG=/etc/kubernetes/kubelet.conf
if is_joined; then
  step "look what the host needs" && now=$(report)
  step "wait for the API server" && wait_for_api
  before=$(kubectl get node "$HOST" --output "jsonpath={.metadata.annotations['$report_note']}")
  if [[ $before != *"\"boot\":\"$(boot_id)\""* ]]; then
    step "wait for the kubelet" && wait_for_kubelet
  fi
  if [[ $before != "$now" ]]; then
    step "report it" && kubectl annotate node "$HOST" "$report_note=$now" --overwrite
  fi
fi
