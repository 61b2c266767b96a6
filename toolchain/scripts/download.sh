# shellcheck shell=bash
# Downloads that are checked before anything reads them. Sourced by recipes' scripts.

fetch() { curl --fail --location --silent --show-error --retry 3 "$@"; }

# download URL FILE [LIST]: the file has to have the sum that sha256sums has for the URL. A URL that it lacks is refused, unless its own
# server has a LIST of sums: that only excludes damage, not a server that lies.
download() {
  local url=$1 file=$2 list=${3:-} sum
  sum=$(awk -v url="$url" '$2 == url {print $1}' toolchain/scripts/sha256sums)
  if [[ -z $sum && -n $list ]]; then
    sum=$(fetch "$list" | awk -v name="${url##*/}" '$2 == name {print $1}')
  fi
  if [[ ! $sum =~ ^[0-9a-f]{64}$ ]]; then
    echo "There is no sum to check $url against: add the published one to toolchain/scripts/sha256sums." >&2
    return 1
  fi
  fetch --output "$file" "$url"
  sha256sum --check --quiet <<<"$sum  $file" || {
    echo "$url has another sum than $sum." >&2
    return 1
  }
}
