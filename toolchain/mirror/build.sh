#!/usr/bin/env bash
# A mirror from its pieces: OUT/registry (all images' storage together) and OUT/apt (a flat repository of all packages, signed, with the
# public key). Files are hard links into the pieces. PIECES: the recipes' names; KUBERNETES: version.
# OUT/key has the fingerprint of the key.
set -euo pipefail
source toolchain/mirror/keyring.sh

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
gpg_batch --import "$MIRROR_KEY_DIR/secret.asc"
gpg_batch --digest-algo SHA512 --clear-sign --output InRelease "$WORK/Release"
gpg_batch --armor --export >key.asc
gpg_batch --with-colons --list-keys | awk -F: '$1 == "fpr" && !key {key = $10} END {print key}' >"$OUT/key"
