// Package local runs commands on the machine where Pulumi runs.
package local

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"

	"kubeadm-kafka/plugins/command/internal/lifecycle"
)

// Command is the resource command:local:Command.
type Command struct {
	lifecycle.Resource[CommandInputs, CommandOutputs, *CommandOutputs]
}

// Annotate implements infer.Annotated.
func (c *Command) Annotate(a infer.Annotator) {
	a.Describe(&c, "A command that runs here when the resource is created, updated or deleted.")
}

// CommandInputs are the resource's inputs.
type CommandInputs struct {
	lifecycle.Inputs
	BaseInputs
}

// CommandOutputs are the resource's state.
type CommandOutputs struct {
	CommandInputs
	BaseOutputs
}

// SetInputs implements lifecycle.State.
func (s *CommandOutputs) SetInputs(inputs CommandInputs) { s.CommandInputs = inputs }

// Run implements lifecycle.State.
func (s *CommandOutputs) Run(ctx context.Context, command string) error {
	return run(ctx, command, s.BaseInputs, &s.BaseOutputs)
}
