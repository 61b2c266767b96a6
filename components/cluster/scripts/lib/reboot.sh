# shellcheck shell=bash
# Whether the host needs a reboot, for report-host.sh and upgrade.sh.
# shellcheck disable=SC2034 # scripts use the variable that is set here

# Has the boot that the last reboot by this program has ended, and its reason. A reason that is still there in another boot is none for
# another reboot.
rebooted_for=$RECORD/rebooted-for

# Prints what identifies the time since the boot: /run is empty after each. The kernel's own boot id stays if a container starts again.
boot_id() {
  local new
  if [[ ! -s $WORK/boot ]]; then
    new=$(mktemp "$WORK/boot.XXXXXX")
    cat /proc/sys/kernel/random/uuid >"$new"
    ln "$new" "$WORK/boot" || true # another script may have been faster
    rm "$new"
  fi
  cat "$WORK/boot"
}

# Prints why the host needs a reboot; nothing where it needs none. Packages of Debian and Ubuntu ask for it by a file; not every kernel
# does. A container has its machine's kernel.
# https://www.debian.org/doc/debian-policy/ch-opersys.html#signaling-that-a-reboot-is-required
why_reboot() {
  local running newest packages built=''
  if [[ -e /run/reboot-required ]]; then
    packages=$(sort --unique /run/reboot-required.pkgs 2>/dev/null | tr --delete '\\"' | xargs) || true
    echo "has packages that ask for a reboot${packages:+: $packages}"
    return
  fi
  ! in_container || return 0
  running=$(uname --kernel-release)
  newest=$(newest_kernel "$running")
  [[ ! $(uname --kernel-version) =~ \ Debian\ ([^ ]+) ]] || built=${BASH_REMATCH[1]}
  if [[ $newest != "$running" ]]; then
    echo "runs the kernel $running, while $newest is installed"
  elif [[ -n $built && -n $(package_version "linux-image-$running") && $(package_version "linux-image-$running") != "$built" ]]; then
    echo "runs the kernel $running as of $built, while $(package_version "linux-image-$running") is installed"
  fi
}

# newest_kernel RUNNING: prints the newest of the running kernel and the installed ones of its flavour. The flavour is what follows the
# number: cloud-amd64 of 6.1.0-28-cloud-amd64.
newest_kernel() {
  local file kernels=("$1")
  for file in /boot/vmlinuz-*-"${1##*[0-9]-}"; do
    [[ ! -e $file || ${file##*[0-9]-} != "${1##*[0-9]-}" ]] || kernels+=("${file#/boot/vmlinuz-}")
  done
  printf '%s\n' "${kernels[@]}" | sort --version-sort | tail -n 1
}
