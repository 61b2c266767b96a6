package remote

import (
	"github.com/pulumi/pulumi-go-provider/infer"

	"kubeadm-kafka/plugins/command/internal/lifecycle"
	"kubeadm-kafka/plugins/command/internal/output"
)

// Command is the resource command:remote:Command.
type Command struct {
	lifecycle.Resource[CommandInputs, CommandOutputs, *CommandOutputs]
}

// Annotate implements infer.Annotated.
func (c *Command) Annotate(a infer.Annotator) {
	a.Describe(&c, "A command that runs on a host, over SSH, when the resource is created, updated or deleted.")
}

// Logging is the enum command:remote:Logging.
type Logging string

// Values implements infer.Enum.
func (Logging) Values() []infer.EnumValue[Logging] { return output.Values[Logging]() }

// CommandInputs are the resource's inputs.
type CommandInputs struct {
	lifecycle.Inputs
	Stdin                  *string           `pulumi:"stdin,optional"`
	Logging                *Logging          `pulumi:"logging,optional"`
	Connection             *Connection       `pulumi:"connection"                      provider:"secret"`
	Environment            map[string]string `pulumi:"environment,optional"`
	AddPreviousOutputInEnv *bool             `pulumi:"addPreviousOutputInEnv,optional"`
}

// Annotate implements infer.Annotated.
func (i *CommandInputs) Annotate(a infer.Annotator) {
	a.Describe(&i.Stdin, "What the command reads from standard input.")
	a.Describe(&i.Logging, "Which streams are shown while the command runs. Both by default. The outputs hold both in any case.")
	a.Describe(&i.Connection, "How the host is reached.")
	a.Describe(&i.Environment, "Environment variables. The host's SSH server must accept them (AcceptEnv).")
	a.Describe(&i.AddPreviousOutputInEnv, "Whether the command finds what the one before it printed in "+
		"`PULUMI_COMMAND_STDOUT` and `PULUMI_COMMAND_STDERR`, if the host accepts these. True by default.")
}

// BaseOutputs are the outputs of a command.
type BaseOutputs struct {
	Stdout string `pulumi:"stdout"`
	Stderr string `pulumi:"stderr"`
}

// Annotate implements infer.Annotated.
func (o *BaseOutputs) Annotate(a infer.Annotator) {
	a.Describe(&o.Stdout, "The command's standard output, less a newline at its end.")
	a.Describe(&o.Stderr, "The command's standard error, less a newline at its end.")
}

// CommandOutputs are the resource's state.
type CommandOutputs struct {
	CommandInputs
	BaseOutputs
}

// SetInputs implements lifecycle.State.
func (s *CommandOutputs) SetInputs(inputs CommandInputs) { s.CommandInputs = inputs }
