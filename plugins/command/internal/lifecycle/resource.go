package lifecycle

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// State is a resource's state: its inputs I, including Inputs, and the outputs of the last command.
type State[S, I any] interface {
	*S
	runner
	// SetInputs replaces the inputs, and keeps the outputs.
	SetInputs(I)
	commands() *Inputs
}

type runner interface {
	// Run runs a command, and sets the state's outputs.
	Run(ctx context.Context, command string) error
}

// Resource runs commands when it is created, updated and deleted. Local and remote resources differ in their state.
type Resource[I, S any, P State[S, I]] struct{}

// Create implements infer.CustomCreate.
func (Resource[I, S, P]) Create(ctx context.Context, req infer.CreateRequest[I]) (infer.CreateResponse[S], error) {
	var response infer.CreateResponse[S]
	state := P(&response.Output)
	state.SetInputs(req.Inputs)
	var err error
	response.ID, err = resource.NewUniqueHex(req.Name, 8, 0)
	if err == nil && !req.DryRun {
		err = run(ctx, state, state.commands().Create)
	}
	return response, err
}

// Update implements infer.CustomUpdate.
func (Resource[I, S, P]) Update(ctx context.Context, req infer.UpdateRequest[I, S]) (infer.UpdateResponse[S], error) {
	response := infer.UpdateResponse[S]{Output: req.State}
	state := P(&response.Output)
	state.SetInputs(req.Inputs)
	var err error
	if !req.DryRun {
		err = run(ctx, state, state.commands().onUpdate())
	}
	return response, err
}

// Delete implements infer.CustomDelete. All that it needs is in the state, including a host's connection.
func (Resource[I, S, P]) Delete(ctx context.Context, req infer.DeleteRequest[S]) (infer.DeleteResponse, error) {
	state := P(&req.State)
	return infer.DeleteResponse{}, run(ctx, state, state.commands().Delete)
}

func run(ctx context.Context, state runner, command *string) error {
	if command == nil {
		return nil
	}
	return state.Run(ctx, *command)
}
