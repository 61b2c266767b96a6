#!/usr/bin/env bash
# What cloud-init and Google's guest agent do on an instance's first boot, as far as the stand-in knows it.
# Inputs: SSH_KEYS (USER:KEY a line); and before this script: files that cloud-init writes, and `host_keys`, a function
# that writes the host keys that it is given.
set -euo pipefail

rm -f /etc/ssh/ssh_host_*
host_keys
# The agent makes host keys of its own for a new instance, unless it is told not to.
grep --quiet --line-regexp 'set_host_keys = false' /etc/default/instance_configs.cfg.template 2>/dev/null ||
  {
    rm -f /etc/ssh/ssh_host_*
    ssh-keygen -q -A
  }

rm -rf /root/.ssh /home/admin/.ssh # nobody but those in the metadata logs in
while IFS=: read -r user key; do
  [[ -n $user ]] || continue
  id "$user" >/dev/null 2>&1 || useradd --create-home --shell /bin/bash "$user"
  printf '%s ALL=(ALL) NOPASSWD: ALL\n' "$user" >"/etc/sudoers.d/$user"
  install -d -m 700 -o "$user" -g "$user" "/home/$user/.ssh"
  printf '%s\n' "$key" >>"/home/$user/.ssh/authorized_keys"
  chown "$user:$user" "/home/$user/.ssh/authorized_keys"
done <<<"$SSH_KEYS"
systemctl try-restart ssh.service 2>/dev/null || true # before it runs, there is nothing to restart
