#!/usr/bin/env bash
# Takes what main.go embeds from the pinned module and writes the version into the schema. Runs in a copy of this folder.
set -euo pipefail

go mod download github.com/pulumi/pulumi-kubernetes/provider/v4
module=$(go list -m -f '{{.Dir}}' github.com/pulumi/pulumi-kubernetes/provider/v4)
node -e '
  const schema = JSON.parse(require("fs").readFileSync(0, "utf8"));
  process.stdout.write(JSON.stringify({ ...schema, version: process.env.VERSION }));
' <"$module/cmd/pulumi-resource-kubernetes/schema.json" >schema.json
install -m 644 "$module/cmd/pulumi-resource-kubernetes/terraform-mapping.json" .
