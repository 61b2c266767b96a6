#!/usr/bin/env bash
# A mirror from its pieces: OUT/registry (all images' storage together) and OUT/apt (a flat repository of all packages).
# Files are hard links into the pieces. PIECES: the recipes' names; KUBERNETES: version.
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

# kubeadm knows best which images it will ask for.
"$KUBERNETES_DIR/kubeadm" config images list --kubernetes-version "v$KUBERNETES" | while IFS=: read -r repository tag; do
  if [[ ! -d $OUT/registry/docker/registry/v2/repositories/$repository/_manifests/tags/$tag ]]; then
    echo "kubeadm asks for $repository:$tag, which is not built; see components/artifacts/versions.ts" >&2
    exit 1
  fi
done

cd "$OUT/apt"
apt-ftparchive packages . >Packages
xz --keep Packages
apt-ftparchive -o APT::FTPArchive::Release::Origin=kubeadm-kafka release . >"$WORK/Release"
mv "$WORK/Release" .
