#!/usr/bin/env bash
# An image of nothing but static programs.
#   IMAGE   its name
#   FROM    name of the variable with the folder that the programs are in
#   FILES   PROGRAM:PATH …; the first one is the entry point
#   RUN_AS  user and group
set -euo pipefail
source toolchain/images/lib/image.sh

read -ra files <<<"$FILES"
for file in "${files[@]}"; do
  install -D "${!FROM}/${file%%:*}" "$WORK/root${file#*:}"
done

image "$IMAGE" "$(layer "$WORK/root" 0 .)" -- --entrypoint "${files[0]#*:}" --user "$RUN_AS" --env "PATH=$IMAGE_PATH"
