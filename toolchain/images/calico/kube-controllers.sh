#!/usr/bin/env bash
# Calico's controllers, run by a user who may write its probes' status file.
set -euo pipefail
source toolchain/images/lib/image.sh

mkdir -p "$WORK"/{root/usr/bin,own/status,own/profiles}
cp "$CALICO_DIR"/{kube-controllers,check-status} "$WORK/root/usr/bin"
touch "$WORK/own/status/status.json" "$WORK/own/profiles/"{mem,cpu}.pprof

image "$IMAGE" "$(layer "$WORK/root" 0 .)" "$(layer "$WORK/own" 999 profiles status)" -- --entrypoint /usr/bin/kube-controllers --user 999 --env "PATH=$IMAGE_PATH"
