#!/usr/bin/env bash
# Prints Kafka's volumes on this host's disk, for `make restore`: a line each with its folder, the cluster id that it carries, and when
# something was last written there, in seconds since 1970. Changes nothing, and takes no lock.

print_volumes() {
  local properties volume id written
  while IFS= read -r -d '' properties; do
    volume=${properties%/data/meta.properties}
    id=$(sed --quiet 's/^cluster\.id=\([A-Za-z0-9_-]*\)$/\1/p' "$properties")
    written=$(find "$volume/data" -maxdepth 2 -type f -printf '%T@\n' | sort --numeric-sort | tail -n 1)
    [[ $volume == *[$'\t\n']* ]] || result "$volume"$'\t'"$id"$'\t'"${written%.*}"
  done < <(find "$(<"$RECORD/volumes-path")" -mindepth 3 -maxdepth 3 -type f -path '*_*_*/data/meta.properties' -print0)
}

begin_without_lock
step "look for volumes" && print_volumes
