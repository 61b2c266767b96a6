# shellcheck shell=bash
# Debian's packages without installing them: apt resolves what a system lacks, downloads and verifies it, and it is
# unpacked into a folder. Uses the machine's own apt sources, of these only Debian's. Sourced by recipes' scripts.

# What no image needs. Copyright files stay.
readonly DEBIAN_LEFT_OUT=(
  './usr/share/doc/*/*[!t]' './usr/share/man' './usr/share/locale' './usr/share/info' './usr/share/lintian'
  './usr/share/bash-completion' './usr/share/bug' './usr/share/zoneinfo' './usr/lib/systemd' './lib/systemd'
)

# What only maintainer scripts and services need, which don't run: taken as installed already. Scripts may add to it.
DEBIAN_ASSUMED=(adduser debconf dpkg init-system-helpers lsb-base perl perl-base sysuser-helper systemd tar)

# debian_apt STATUS COMMAND...: apt-get for a system whose dpkg status is the file STATUS; nothing of this machine's changes.
debian_apt() {
  local status=$1 state=$BUILD/apt
  shift
  apt-get --quiet --yes --no-install-recommends \
    -o Dir::State::status="$status" -o Dir::State::lists="$state/lists" \
    -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
    -o Dir::Etc::preferences="$state/preferences" -o Dir::Etc::preferencesparts="$state/none" \
    -o Acquire::Languages=none -o Acquire::GzipIndexes=true -o APT::Sandbox::User= -o Debug::NoLocking=true "$@"
}

# Fetches the package lists, once for all recipes of a run.
debian_update() {
  local state=$BUILD/apt
  [[ -e $state/updated ]] && return
  mkdir -p "$state/lists/partial" "$state/none"
  cat >"$state/preferences" <<'END'
Package: *
Pin: release o=Debian
Pin-Priority: 500

Package: *
Pin: release *
Pin-Priority: -1
END
  debian_apt /dev/null update
  touch "$state/updated"
}

# debian_download STATUS FOLDER PACKAGE...: downloads the packages, and what they depend on, that a system with this dpkg
# status lacks.
debian_download() {
  local status=$1 folder=$2 lock assumed
  shift 2
  mkdir -p "$folder/partial"
  # Recipes run in parallel.
  exec {lock}>>"$BUILD/apt.lock"
  flock "$lock"
  debian_update
  exec {lock}>&-

  cp "$status" "$folder/status"
  for assumed in "${DEBIAN_ASSUMED[@]}"; do
    printf 'Package: %s\nStatus: install ok installed\nArchitecture: all\nMulti-Arch: foreign\nVersion: 999\n\n' "$assumed"
  done >>"$folder/status"
  debian_apt "$folder/status" install --download-only -o Dir::Cache::archives="$folder" "$@"
}

# debian_unpack ROOT DEB...: unpacks packages into ROOT, which gets Debian's merged /usr. Maintainer scripts don't run.
debian_unpack() {
  local root=$1 folder deb
  shift
  for folder in bin sbin lib lib64; do
    mkdir -p "$root/usr/$folder"
    ln -sfn "usr/$folder" "$root/$folder"
  done
  for deb in "$@"; do
    dpkg-deb --fsys-tarfile "$deb" |
      tar --extract --directory "$root" --keep-directory-symlink --preserve-permissions --wildcards "${DEBIAN_LEFT_OUT[@]/#/--exclude=}"
  done
}

# debian_iptables ROOT: the names that Debian's alternatives give to the nftables variant, its default.
debian_iptables() {
  local name
  for name in {ip,ip6}tables{,-save,-restore}; do
    ln -s xtables-nft-multi "$1/usr/sbin/$name"
  done
}

# add_user ROOT NAME ID: a user, and a group of the same name, on top of those of the shared layer.
add_user() {
  mkdir -p "$1/etc"
  { tar --extract --to-stdout --file "$IMAGE_DEBIAN_DIR/layer.tar" ./etc/passwd && echo "$2:x:$3:$3::/home/$2:/bin/bash"; } >"$1/etc/passwd"
  { tar --extract --to-stdout --file "$IMAGE_DEBIAN_DIR/layer.tar" ./etc/group && echo "$2:x:$3:"; } >"$1/etc/group"
}
