# shellcheck shell=bash
# Container images from folders, by crane, into a registry of the recipe's own: what a recipe leaves is a piece of a
# registry's storage, and a mirror is all the pieces together. Sourced by recipes' scripts.
#   MIRROR_SERVER_DIR, CRANE_DIR  the programs' folders

# Files in images have these modes and this time whoever builds them, so that the same content has the same digest.
umask 022
readonly IMAGE_TIME=@1700000000

# Where programs are looked for in images; as in upstream's.
# shellcheck disable=SC2034 # for the scripts that source this
readonly IMAGE_PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# layer FOLDER OWNER PATH...: packs these paths of a folder as one layer, all of it OWNER's (a number), and prints the tar
# file's name.
layer() {
  local folder=$1 owner=$2
  shift 2
  tar --create --file "$folder.tar" --directory "$folder" --sort=name --mtime="$IMAGE_TIME" \
    --numeric-owner --owner="$owner" --group="$owner" "$@"
  printf '%s\n' "$folder.tar"
}

# image NAME LAYER... [-- OPTION...]: leaves the image NAME (REGISTRY/REPOSITORY:TAG) in OUT/registry. Once a script; the
# options are those of `crane mutate`.
image() {
  local name=$1 layers=() registry address
  shift
  while (($#)) && [[ $1 != -- ]]; do
    layers+=(--new_layer "$1")
    shift
  done
  shift || true

  exec {registry}< <(exec "$MIRROR_SERVER_DIR/mirror" -root "$OUT" -writable)
  # shellcheck disable=SC2064 # the process of now
  trap "kill $!; wait $! || true" EXIT
  # It says its address once it answers.
  read -r address <&"$registry"
  "$CRANE_DIR/crane" append "${layers[@]}" --new_tag "$address/$name"
  "$CRANE_DIR/crane" mutate "$address/$name" --tag "$address/$name" --set-platform "linux/$(dpkg --print-architecture)" "$@"
}

# verify FOLDER: fails unless all files in it are listed in sha256sums.
verify() {
  local found listed=toolchain/images/sha256sums
  found=$(cd "$1" && sha256sum -- *)
  if grep --invert-match --line-regexp --fixed-strings --file "$listed" <<<"$found"; then
    echo "These are not in $listed." >&2
    return 1
  fi
}
