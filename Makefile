SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# npm writes this file when it has installed all of package-lock.json.
modules := node_modules/.package-lock.json
# The stack of `make up` and `make down`. For another one, write its config into Pulumi.NAME.yaml.
stack ?= dev
# Kubernetes versions that the mirror gets beside the default and those that were built before: versions="1.35.4 1.36.3"
versions ?=
# conformance=yes builds Kubernetes' conformance tests, and their images for the mirror.
conformance ?=
asked = $(versions) $(if $(conformance),conformance)
# Parts of `make e2e-years`; without any, all of them: part="upgrades keys"
part ?=
# Cluster of `make conformance`
kubeconfig ?=
run := node_modules/.bin/node --require ts-node/register

# Node.js 24 and newer then goes through the proxy that the environment names, as curl does.
export NODE_USE_ENV_PROXY := 1

.PHONY: help
help: ## Show this
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(modules): package-lock.json
	npm ci --no-progress
	@test -x node_modules/.bin/node || { echo "npm has no Node.js for this platform: link one to node_modules/.bin/node" >&2; exit 1; }
	touch $@

.PHONY: toolchain
toolchain: $(modules) ## Build or find what `make up` needs: Pulumi, the mirror, the host image
	@$(run) toolchain/main.ts make $(asked)

.PHONY: doctor
doctor: $(modules) ## Say what this machine has and lacks, and what `make toolchain` would do
	@$(run) toolchain/main.ts doctor $(asked)

.PHONY: clean-cache
clean-cache: $(modules) ## Remove from the cache what this checkout doesn't use
	@$(run) toolchain/main.ts clean-cache $(asked)

.PHONY: up
up: toolchain ## From nothing to a verified Kafka on two hosts in containers
	@bin/pulumi stack select --create $(stack) >/dev/null
	@bin/pulumi up --stack $(stack) --yes --skip-preview

.PHONY: down
down: ## Remove the stack again, including its hosts
	@bin/pulumi destroy --stack $(stack) --yes --skip-preview

.PHONY: drift
drift: $(modules) ## Say how a stack's hosts have drifted from what was applied, and how to repair that
	@$(run) components/cluster/drift/main.ts $(stack)

.PHONY: cis
cis: $(modules) ## Check a stack's hosts by the CIS Kubernetes Benchmark; docs/cis.md has the reasons of what fails
	@$(run) components/cluster/cis/main.ts $(stack)

.PHONY: restore
restore: $(modules) ## Bring a cluster back whose control planes are lost: backup=FILE, see docs/backups.md
	@$(run) components/cluster/restore/main.ts $(stack) "$(backup)" "$(key)" "$(host)" "$(without)"

.PHONY: health
health: $(modules) ## Say whether a stack's Kafka is well now, and whether its last verification still applies
	@$(run) components/verification/health/main.ts $(stack)

.PHONY: lint
lint: $(modules) ## Check the code's rules: types, imports, format, shell and more
	@toolchain/scripts/lint.sh

.PHONY: test
test: lint ## Run lint, the Go tests and the unit tests
	@$(run) tests/go/main.ts
	@node_modules/.bin/node node_modules/.bin/jest --json --outputFile build/test.json

.PHONY: test-properties
test-properties: $(modules) ## Compare the rules for Kafka's properties with Kafka's own classes; needs Java 17 and Maven
	@$(run) tests/properties/main.ts

.PHONY: golden
golden: $(modules) ## Regenerate tests/golden/declared, and the graph in the README
	@$(run) tests/golden/golden.ts .

.PHONY: docs
docs: $(modules) ## Regenerate docs/config.md and docs/host-actions.md
	@$(run) docs/generate/main.ts

.PHONY: e2e
e2e: toolchain ## Run the stories of tests/e2e against real hosts in containers; report in build/e2e.json
	@tests/e2e/set-up.sh
	@rm -f build/e2e.json
	@source build/toolchain/env && node node_modules/.bin/jest --config tests/e2e/jest.config.js --json --outputFile build/e2e-tests.json

.PHONY: e2e-gcp
e2e-gcp: toolchain ## Run the gcp stack's life on a stand-in for Google Cloud; report in build/e2e-gcp.json
	@tests/e2e/set-up.sh
	@rm -f build/e2e-gcp.json
	@source build/toolchain/env && node node_modules/.bin/jest --config tests/e2e/gcp/jest.config.js

.PHONY: e2e-kafka
e2e-kafka: toolchain ## Change Kafka under load, with kills, and check that nothing is lost; report in build/e2e-kafka.json
	@tests/e2e/set-up.sh
	@rm -f build/e2e-kafka.json
	@source build/toolchain/env && node node_modules/.bin/jest --config tests/e2e/kafka/jest.config.js

.PHONY: e2e-cluster
e2e-cluster: toolchain ## Add and remove control planes and workers on real hosts in containers; report in build/e2e-cluster.json
	@tests/e2e/set-up.sh
	@rm -f build/e2e-cluster.json
	@source build/toolchain/env && node node_modules/.bin/jest --config tests/e2e/cluster/jest.config.js --json --outputFile build/e2e-cluster-tests.json

.PHONY: e2e-years
e2e-years: $(modules) ## Let a cluster live for years, within hours, or part="upgrades" alone; report in build/e2e-years.json
	@tests/e2e/years/run.sh $(part)

.PHONY: conformance
conformance: conformance = yes
conformance: toolchain ## Run some of Kubernetes' conformance tests on the cluster of kubeconfig=FILE; output in build/conformance
	@source build/toolchain/env && $(run) tests/e2e/conformance/main.ts $(kubeconfig)

.PHONY: bench
bench: toolchain ## Compare `pulumi up` with the same steps by hand; figures in build/bench.json
	@source build/toolchain/env && $(run) tests/bench/bench.ts
