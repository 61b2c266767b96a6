# shellcheck shell=bash
# Installs packages, for prepare.sh and upgrade.sh, and finds newer ones, for report-host.sh.
# Inputs: KUBERNETES_VERSION MIRROR (its URL, empty for upstream) MIRROR_KEY (the fingerprint of its key)

kubernetes_packages=(kubelet kubeadm kubectl)                          # whose version is that of Kubernetes
pinned_packages=("${kubernetes_packages[@]}" cri-tools kubernetes-cni) # which only this program upgrades

signed_only=(-o Acquire::AllowInsecureRepositories=false -o Acquire::AllowDowngradeToInsecureRepositories=false
  -o APT::Get::AllowUnauthenticated=false)

apt() {
  local options=(-o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 -o "Dir::Cache::Archives=$ARCHIVES"
    -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0)
  # A mirror has all packages. With a mirror, the host's own sources are often unreachable. Whatever the host's own configuration
  # permits for these, the mirror's packages have to be signed.
  [[ -z $MIRROR ]] ||
    options+=(-o "Dir::Etc::SourceList=$apt_list" -o Dir::Etc::SourceParts=- -o APT::Get::List-Cleanup=false "${signed_only[@]}")
  by_proxy apt-get --quiet --quiet --yes --no-install-recommends "${options[@]}" "$@"
}

# by_proxy COMMAND…: runs a download from upstream with the proxy of /etc/environment, as a login would. Connections to a mirror
# or an API server use no proxy. The proxy's URL may have a password, so that it is no argument, and only this subshell has it.
by_proxy() (
  if [[ -z $MIRROR ]]; then
    while IFS='=' read -r name value; do export "$name=$value"; done < <(site_proxy)
  fi
  "$@"
)

# Prints NAME=VALUE of each proxy in /etc/environment.
site_proxy() {
  sed --quiet --regexp-extended \
    "s/^\s*(export\s+)?((https?|no)_proxy)=([\"']?)(.*)\4\s*$/\2=\5/p" /etc/environment 2>/dev/null || true
}

# Reads the package lists. Our key's file may be an old one: its owner prolongs it, or signs with another subkey, under the same
# fingerprint. apt then takes no list, or keeps those that it has and only warns.
apt_update() {
  local status=0
  read_package_lists || status=$?
  if is_key_unfit; then
    renew_key
    status=0
    read_package_lists || status=$?
  fi
  return "$status"
}

# Retries while another program (unattended-upgrades) locks the package lists, to which DPkg::Lock::Timeout doesn't
# apply.
read_package_lists() {
  local deadline=$((SECONDS + 600))
  until apt update 2>"$SCRATCH/apt"; do
    cat "$SCRATCH/apt"
    grep --quiet 'Could not get lock' "$SCRATCH/apt" && ((SECONDS < deadline)) || return 1
    sleep 2
  done
}

# apt_install PACKAGE…: notes the packages and their missing dependencies for the undo, and installs them. Downloaded archives stay in
# $ARCHIVES.
apt_install() {
  local added
  added=$(apt --simulate install "$@" | awk '/^Inst / && $3 !~ /^\[/ {print $2}')
  # shellcheck disable=SC2086 # a list of words
  note packages $added
  install -d "$ARCHIVES/partial"
  apt install "$@"
}

# Whether the last reading found a signature in our repository that the key's file doesn't verify. apt 3 has other words for it.
is_key_unfit() {
  local url
  [[ -s $apt_list ]] || return 1
  read -r _ _ url _ <"$apt_list"
  [[ $(sed --quiet --regexp-extended 's/.*(GPG error|OpenPGP signature verification failed): //p' "$SCRATCH/apt") == *"${url%/}"* ]]
}

# Fetches the key of the repository that is listed.
renew_key() {
  local url suite
  read -r _ _ url suite <"$apt_list"
  if [[ $suite == / ]]; then fetch_key "${url}Release.key"; else fetch_key "${url}key.asc"; fi
}

apt_list=/etc/apt/sources.list.d/kubeadm-kafka.list
apt_key=/etc/apt/keyrings/kubeadm-kafka.asc
# The key of pkgs.k8s.io, for all minor versions: "isv:kubernetes OBS Project". Upstream prolongs it, so that the file differs over time
# and the fingerprint stays.
upstream_key=DE15B14486CD377B9E876E1A234654DA9A296436

# Lists the mirror's repository, or upstream's. The key comes from the same server as the packages, so that its file proves nothing: apt
# takes only signatures of the key with the fingerprint that the list names, whatever else is in the file.
write_apt_source() {
  local url suite=./ file=key.asc fingerprint=$MIRROR_KEY list before
  if [[ -n $MIRROR ]]; then
    url=$MIRROR/apt/
  else
    url=https://pkgs.k8s.io/core:/stable:/v${KUBERNETES_VERSION%.*}/deb/
    suite=/ file=Release.key fingerprint=$upstream_key
    if is_listed "$url"; then
      rm -f "$apt_list" # an earlier mirror's
      return
    fi
  fi
  list="deb [signed-by=$apt_key,$fingerprint] $url $suite"
  before=$(cat "$apt_list" 2>/dev/null) || true
  # Another source's key lies in the same file. Earlier versions named no fingerprint.
  [[ -s $apt_key && ($before == "$list" || $before == "deb [signed-by=$apt_key] $url $suite") ]] || fetch_key "$url$file"
  note_list "$url"
  put "$apt_list" <<<"$list"
}

# fetch_key URL: replaces the repository's key.
fetch_key() {
  if [[ -z $MIRROR && ! -e /etc/ssl/certs/ca-certificates.crt ]]; then
    read_package_lists
    apt_install ca-certificates
  fi
  mkdir -p "${apt_key%/*}"
  by_proxy /usr/lib/apt/apt-helper download-file "$1" "$SCRATCH/key"
  install -m 644 "$SCRATCH/key" "$apt_key.new"
  mv "$apt_key.new" "$apt_key"
}

# is_listed URL: whether another list has this repository. With two lists that name different keys for it, apt fails.
is_listed() {
  ! grep --quiet --fixed-strings " $1 " "$apt_list" 2>/dev/null &&
    apt-get --print-uris update | grep --fixed-strings "'$1InRelease'"
}

# note_list URL: notes the names of apt's downloaded lists, which follow from the URL, for the undo.
note_list() {
  local name=${1#*://}
  note lists "${name//\//_}"
}

# Waits for another installation, such as a new machine's own at its first boot.
finish_others_packages() {
  apt-get -o DPkg::Lock::Timeout=600 check
  dpkg --configure --pending
}

# Pins those of the packages that are installed. apt-mark takes long, so it is asked only where something isn't pinned yet.
pin_packages() {
  local package wanted=()
  for package in "${pinned_packages[@]}"; do
    [[ -z $(package_version "$package") || $(observed pinned-package "$package") == hold* ]] || wanted+=("$package")
  done
  ((${#wanted[@]} == 0)) || apt-mark hold "${wanted[@]}"
}

# containerd's service is active before containerd answers requests of the CRI.
wait_for_containerd() {
  local deadline=$((SECONDS + 120))
  until crictl images --quiet >/dev/null; do
    ((SECONDS < deadline))
    sleep 0.2
  done
}
