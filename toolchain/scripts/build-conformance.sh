#!/usr/bin/env bash
# Builds Kubernetes' conformance tests into OUT, with the programs that they need, and files of agnhost's image.
#   IMAGES  names that the tests must know these images by; the rest is as for build-go.sh
set -euo pipefail

# Leaves its environment, and its copy of the module as the working directory.
source toolchain/scripts/build-go.sh

# Tests are no program, which `go build` would make of the module's tools. To vet all of Kubernetes takes too long.
go test -c -vet=off -ldflags "-s -w $LDFLAGS" -o "$OUT/e2e.test" k8s.io/kubernetes/test/e2e

known=$("$OUT/e2e.test" --list-images)
for image in $IMAGES; do
  if ! grep --quiet --line-regexp --fixed-strings -- "$image" <<<"$known"; then
    echo "The tests don't know the image $image; see toolchain/recipes/conformance.ts. They know:" >&2
    echo "$known" >&2
    exit 1
  fi
done

# The certificate with which agnhost serves HTTPS.
module=$(go list -m -f '{{.Dir}}' k8s.io/kubernetes)
install -D --mode 644 --target-directory "$OUT/agnhost-files" "$module"/test/images/agnhost/porter/localhost.{crt,key}
