#!/usr/bin/env bash
# Writes 4.3.json for Kafka 4.3.1, and so for each VERSION: what its classes say of broker properties and of a topic's
# settings. Needs Java 17 and Maven.
#
# Usage: components/kafka/settings/definitions/generate.sh VERSION...
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
pom=../../../../toolchain/images/kafka/pom.xml
work=$(mktemp --directory)
trap 'rm -rf "$work"' EXIT

for version in "$@"; do
  mvn --quiet --batch-mode --file "$pom" -Dkafka.version="$version" \
    dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$work/$version"
  javac -cp "$work/$version/*" -d "$work/$version" WriteDefinitions.java
  java -cp "$work/$version:$work/$version/*" WriteDefinitions "$version" >"$work/definitions"
  ../../../../node_modules/.bin/prettier --stdin-filepath RELEASE.json <"$work/definitions" >"${version%.*}.json"
done
