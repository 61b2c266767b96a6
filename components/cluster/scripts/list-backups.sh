#!/usr/bin/env bash
# Prints the files of this cluster's backups on this host, for `make restore`: its own, and others' copies. Changes nothing, and takes no
# lock.
# Follows backups-folder.sh.

print_backups() {
  local file
  while IFS= read -r file; do result "$file"; done < <(find "$(backups_folder)" -maxdepth 1 -type f -size +0 -name '*Z-*.backup')
}

begin_without_lock
step "look for backups" && print_backups
