package local

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
)

// Run is the function command:local:run.
type Run struct{}

// Annotate implements infer.Annotated.
func (r *Run) Annotate(a infer.Annotator) {
	a.Describe(&r, "Runs a command here, each time the program runs, previews included.")
}

// RunInputs are the function's arguments.
type RunInputs struct {
	BaseInputs
	Command string `pulumi:"command"`
}

// Annotate implements infer.Annotated.
func (r *RunInputs) Annotate(a infer.Annotator) {
	a.Describe(&r.Command, "The command to run.")
}

// RunOutputs are the function's result.
type RunOutputs struct {
	RunInputs
	BaseOutputs
}

// Invoke implements infer.Fn.
func (*Run) Invoke(ctx context.Context, req infer.FunctionRequest[RunInputs]) (infer.FunctionResponse[RunOutputs], error) {
	result := RunOutputs{RunInputs: req.Input}
	err := run(ctx, req.Input.Command, result.BaseInputs, &result.BaseOutputs)
	return infer.FunctionResponse[RunOutputs]{Output: result}, err
}
