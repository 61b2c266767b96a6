#!/usr/bin/env bash
# Some of the packages that packages/kubernetes.sh makes, in one version: OUT/*.deb.
#   PACKAGES  their names
#   VERSION   of all of them, and REVISION of the packages
#   FROM      name of the variable with the folder that their programs are in
#   IMAGES    what kubeadm must ask for, where it is one of the programs
set -euo pipefail

programs=$WORK/programs all=$WORK/all roots=$WORK/roots
mkdir "$programs" "$all" "$roots"
cp --link "${!FROM}"/* "$programs"
# kubeadm knows best which images it will ask for.
if [[ -n $IMAGES ]]; then
  asked=$("$programs/kubeadm" config images list --kubernetes-version "v$VERSION")
  if ! diff <(sort <<<"$asked") <(tr ' ' '\n' <<<"$IMAGES" | sort); then
    echo "kubeadm asks for other images (<) than components/artifacts/kubernetesReleases.ts has (>)." >&2
    exit 1
  fi
fi

# The other packages are made of empty files, and dropped.
read -ra names <<<"kubelet kubeadm kubectl crictl $CNI_PLUGINS"
for name in "${names[@]}"; do [[ -e $programs/$name ]] || : >"$programs/$name"; done
KUBERNETES=$VERSION-$REVISION CRI_TOOLS=$VERSION-$REVISION KUBERNETES_CNI=$VERSION-$REVISION \
  KUBERNETES_DIR=$programs COMPONENTS_DIR=$programs OUT=$all WORK=$roots \
  bash toolchain/mirror/packages/kubernetes.sh
read -ra names <<<"$PACKAGES"
for name in "${names[@]}"; do mv "$all/${name}_"*.deb "$OUT"; done
