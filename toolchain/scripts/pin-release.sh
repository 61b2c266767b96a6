#!/usr/bin/env bash
# Pins what the toolchain builds for a Kubernetes release of components/artifacts/kubernetesReleases.ts: writes go.mod and go.sum
# into toolchain/go/NAME-VERSION for Kubernetes, etcd, CoreDNS, cri-tools, the CNI plugins, and the conformance tests if
# toolchain/recipes/conformance.ts has the release. What is pinned already stays as it is. A module that the checksum database lacks needs GONOSUMDB in the environment; builds then verify it against go.sum.
#   pin-release.sh VERSION
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD version=$1
export GOTOOLCHAIN=auto GOFLAGS=-mod=mod

# field NAME: a value of the release.
field() {
  RELEASE=$version FIELD=$1 node_modules/.bin/node --require ts-node/register --print '
    require("./components/artifacts/kubernetesReleases").releaseOf(process.env.RELEASE)[process.env.FIELD]'
}

# pin NAME VERSION PACKAGE...: makes the module toolchain/go/NAME-VERSION, with these packages as its tools. The modules without
# a version in their names have those of the first release.
pin() {
  local folder=toolchain/go/$1-$2 of=$2 work
  shift 2
  if [[ -e $folder ]] || has_tool "$of" "$1" toolchain/go/{kubernetes,components,coredns}; then return; fi
  echo "$folder"
  work=$(mktemp --directory)
  cd "$work"
  go mod init "kubeadm-kafka/${folder/go\//}"
  # The version of Go decides on its compatibility settings: the one that the packages ask for, not this machine's.
  go mod edit -go=1.24.0
  # shellcheck disable=SC2046 # a list of options
  [[ $1 != k8s.io/kubernetes/* ]] || go mod edit $(staging_modules "$of")
  go get -tool "${@/%/@v$of}"
  # The program that runs Kubernetes' tests must have the version of the library that they are written with.
  [[ $folder != */conformance-* ]] || go get -tool "$ginkgo/ginkgo@$(go list -m -f '{{.Version}}' "$ginkgo")"
  go mod tidy
  mkdir "$root/$folder"
  mv go.mod go.sum "$root/$folder"
  cd "$root"
  rmdir "$work"
}

# has_tool VERSION PACKAGE FOLDER...: whether one of the modules builds that version of the package.
has_tool() {
  local version=$1 package=$2 folder
  shift 2
  for folder; do
    ! tools "$folder" | grep --line-regexp --fixed-strings "$package v$version" >/dev/null || return 0
  done
  return 1
}

# tools FOLDER: the packages that the module lists as tools, with their modules' versions.
tools() {
  (cd "$1" && GOFLAGS=-mod=readonly go list -f '{{.ImportPath}} {{.Module.Version}}' tool)
}

# staging_modules VERSION: options that replace the modules which Kubernetes takes from folders of its repository.
staging_modules() {
  local gomod
  gomod=$(go mod download -json "k8s.io/kubernetes@v$1" | sed --quiet 's/.*"GoMod": "\(.*\)".*/\1/p')
  sed --quiet "s|^\s*\(k8s.io/\S*\) => ./staging/.*|-replace=\1=\1@v0.${1#1.}|p" "$gomod"
}

readonly ginkgo=github.com/onsi/ginkgo/v2
# has_tests: whether the table of conformance tests has the release.
has_tests() {
  RELEASE=$version node_modules/.bin/node --require ts-node/register --eval '
    const { conformanceReleases } = require("./toolchain/recipes/conformance");
    process.exit(conformanceReleases.some(({ version }) => version === process.env.RELEASE) ? 0 : 1)'
}

etcd=$(field etcd) coredns=$(field coredns)
pin kubernetes "$version" k8s.io/kubernetes/cmd/{kube{adm,ctl,let},kube-{apiserver,controller-manager,proxy,scheduler}}
pin etcd "${etcd%-*}" go.etcd.io/etcd/{server,etcdctl,etcdutl}/v3
pin coredns "${coredns#v}" github.com/coredns/coredns
pin cri-tools "$(field criTools)" sigs.k8s.io/cri-tools/cmd/crictl
plugins=(ipam/{dhcp,host-local,static} main/{bridge,dummy,host-device,ipvlan,loopback,macvlan,ptp,tap,vlan}
  meta/{bandwidth,firewall,portmap,sbr,tuning,vrf})
pin cni "$(field kubernetesCni)" "${plugins[@]/#/github.com/containernetworking/plugins/plugins/}"
if has_tests; then pin conformance "$version" k8s.io/kubernetes/{test/e2e,test/images/agnhost,cmd/kubectl}; fi
