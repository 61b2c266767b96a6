// Command pulumi-resource-kubernetes is Pulumi's Kubernetes provider, served from its published module. Upstream's own
// main can't be built from the module, since it embeds files that only exist after upstream's code generation.
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version"
)

// Written by prepare.sh.
var (
	//go:embed schema.json
	schema []byte
	//go:embed terraform-mapping.json
	terraformMapping []byte
)

func main() {
	provider.Serve("kubernetes", version.Version, schema, terraformMapping)
}
