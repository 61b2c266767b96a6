#!/usr/bin/env bash
# Does what cloud-init and Google's guest agent do on an instance's first boot, as far as the stand-in implements it.
# Inputs: SSH_KEYS (a USER:KEY per line). Commands before this script write cloud-init's files and define `host_keys`, a function that
# writes the host keys of the user data.
set -euo pipefail

rm -f /etc/ssh/ssh_host_*
host_keys
# The agent generates host keys for a new instance, unless its configuration forbids that.
grep --quiet --line-regexp 'set_host_keys = false' /etc/default/instance_configs.cfg.template 2>/dev/null ||
  {
    rm -f /etc/ssh/ssh_host_*
    ssh-keygen -q -A
  }

rm -rf /root/.ssh /home/admin/.ssh # only the users in the metadata may log in
while IFS=: read -r user key; do
  [[ -n $user ]] || continue
  id "$user" >/dev/null 2>&1 || useradd --create-home --shell /bin/bash "$user"
  printf '%s ALL=(ALL) NOPASSWD: ALL\n' "$user" >"/etc/sudoers.d/$user"
  install -d -m 700 -o "$user" -g "$user" "/home/$user/.ssh"
  printf '%s\n' "$key" >>"/home/$user/.ssh/authorized_keys"
  chown "$user:$user" "/home/$user/.ssh/authorized_keys"
done <<<"$SSH_KEYS"
systemctl try-restart ssh.service 2>/dev/null || true # it may not run yet
