#!/bin/sh
# What a fresh root filesystem lacks of a host, after the packages are in. Run inside it, by the Dockerfile and by build.sh alike.
set -eu

# Every container makes its own identity: keys come with its creation, the machine id with its first boot.
rm -f /etc/ssh/ssh_host_*
: >/etc/machine-id
# A sudoer, so that the way of hosts that don't let root in is open too; root and he come in by key only.
useradd --create-home --shell /bin/bash admin
echo 'admin ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/admin
# Units that make no sense here, or wait for hardware.
systemctl mask systemd-udevd.service systemd-udevd-kernel.socket systemd-udevd-control.socket \
  systemd-modules-load.service sys-kernel-debug.mount sys-kernel-tracing.mount getty.target console-getty.service >/dev/null
systemctl disable apt-daily.timer apt-daily-upgrade.timer >/dev/null 2>&1 || true
rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin
