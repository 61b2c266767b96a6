#!/usr/bin/env bash
# A mirror from its pieces: OUT/registry (all images' storage together) and OUT/apt (a flat repository of all packages).
# Files are hard links into the pieces. PIECES: the recipes' names.
set -euo pipefail

mkdir -p "$OUT/apt"
read -ra pieces <<<"$PIECES"
for piece in "${pieces[@]}"; do
  directory=${piece^^}_DIR
  directory=${directory//-/_}
  if [[ -d ${!directory}/registry ]]; then
    # Images share layers, whose files are then there already.
    cp --archive --link --no-clobber "${!directory}/registry" "$OUT"
  else
    cp --archive --link "${!directory}"/*.deb "$OUT/apt"
  fi
done

cd "$OUT/apt"
apt-ftparchive packages . >Packages
xz --keep Packages
apt-ftparchive -o APT::FTPArchive::Release::Origin=kubeadm-kafka release . >"$WORK/Release"
mv "$WORK/Release" .
