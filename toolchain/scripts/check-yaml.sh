#!/usr/bin/env bash
# Reads every YAML file that git knows, all documents of it: prettier lets a key that is there twice pass. Golden
# files have tags of their own, which their test reads.
set -euo pipefail
cd "$(dirname "$0")/../.."

git ls-files --cached --others --exclude-standard -z '*.yaml' '*.yml' ':!tests/golden/declared' | node -e '
  const { readFileSync } = require("node:fs");
  const { loadAll } = require("js-yaml");
  for (const file of readFileSync(0, "utf8").split("\0").filter(Boolean)) {
    try {
      loadAll(readFileSync(file, "utf8"), undefined, { filename: file });
    } catch (error) {
      process.exitCode = 1;
      console.error(error.message);
    }
  }
'
