// Package local runs commands on the machine where Pulumi runs.
package local

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"kubeadm-kafka/toolchain/pulumi-command/internal/lifecycle"
)

// Command is the resource command:local:Command.
type Command struct{}

// Annotate implements infer.Annotated.
func (c *Command) Annotate(a infer.Annotator) {
	a.Describe(&c, "A command that runs here when the resource is created, updated or deleted.")
}

// CommandInputs are what a program sets.
type CommandInputs struct {
	lifecycle.Inputs
	BaseInputs
}

// CommandOutputs are the resource's state.
type CommandOutputs struct {
	CommandInputs
	BaseOutputs
}

// Create implements infer.CustomCreate.
func (*Command) Create(
	ctx context.Context, req infer.CreateRequest[CommandInputs],
) (infer.CreateResponse[CommandOutputs], error) {
	state := CommandOutputs{CommandInputs: req.Inputs}
	id, err := resource.NewUniqueHex(req.Name, 8, 0)
	if err == nil && !req.DryRun {
		err = state.run(ctx, state.Create)
	}
	return infer.CreateResponse[CommandOutputs]{ID: id, Output: state}, err
}

// Update implements infer.CustomUpdate.
func (*Command) Update(
	ctx context.Context, req infer.UpdateRequest[CommandInputs, CommandOutputs],
) (infer.UpdateResponse[CommandOutputs], error) {
	state := CommandOutputs{CommandInputs: req.Inputs, BaseOutputs: req.State.BaseOutputs}
	var err error
	if !req.DryRun {
		err = state.run(ctx, state.OnUpdate())
	}
	return infer.UpdateResponse[CommandOutputs]{Output: state}, err
}

// Delete implements infer.CustomDelete. All that it needs comes from the state.
func (*Command) Delete(ctx context.Context, req infer.DeleteRequest[CommandOutputs]) (infer.DeleteResponse, error) {
	return infer.DeleteResponse{}, req.State.run(ctx, req.State.Delete)
}

// run runs the command, if there is one, and puts what it leaves into the state.
func (s *CommandOutputs) run(ctx context.Context, command *string) error {
	if command == nil {
		return nil
	}
	return run(ctx, *command, s.BaseInputs, &s.BaseOutputs)
}
