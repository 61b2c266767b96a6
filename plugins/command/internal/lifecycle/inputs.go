// Package lifecycle has the common parts of local and remote commands.
package lifecycle

import "github.com/pulumi/pulumi-go-provider/infer"

// Environment variables with the output of the previous command.
const (
	PreviousStdout = "PULUMI_COMMAND_STDOUT"
	PreviousStderr = "PULUMI_COMMAND_STDERR"
)

// Inputs say what runs at each point of a resource's life.
type Inputs struct {
	Triggers *[]any  `pulumi:"triggers,optional" provider:"replaceOnChanges"`
	Create   *string `pulumi:"create,optional"`
	Update   *string `pulumi:"update,optional"`
	Delete   *string `pulumi:"delete,optional"`
}

// Annotate implements infer.Annotated.
func (i *Inputs) Annotate(a infer.Annotator) {
	a.Describe(&i.Triggers, "Values of any type. A change of any of them replaces the resource.")
	a.Describe(&i.Create, "The command that runs when the resource is created, and when it is updated without `update`.")
	a.Describe(&i.Update, "The command that runs when any other input changes. `create`, where it isn't given.")
	a.Describe(&i.Delete, "The command that runs when the resource is deleted, with the inputs of the last update.")
}

func (i *Inputs) commands() *Inputs { return i }

// onUpdate returns the command for a changed input, or nil.
func (i *Inputs) onUpdate() *string {
	if i.Update != nil {
		return i.Update
	}
	return i.Create
}

// Previous returns the previous command's output as environment variables: none where it printed nothing, or wanted is
// false.
func Previous(wanted *bool, stdout, stderr string) map[string]string {
	env := map[string]string{}
	if wanted != nil && !*wanted {
		return env
	}
	if stdout != "" {
		env[PreviousStdout] = stdout
	}
	if stderr != "" {
		env[PreviousStderr] = stderr
	}
	return env
}
