package local

import (
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"kubeadm-kafka/plugins/command/internal/output"
)

// Logging is the enum command:local:Logging.
type Logging string

// Values implements infer.Enum.
func (Logging) Values() []infer.EnumValue[Logging] { return output.Values[Logging]() }

// BaseInputs say how a command runs. The resource and the function share them.
type BaseInputs struct {
	Stdin                  *string            `pulumi:"stdin,optional"`
	Logging                *Logging           `pulumi:"logging,optional"`
	Interpreter            *[]string          `pulumi:"interpreter,optional"`
	Dir                    *string            `pulumi:"dir,optional"`
	Environment            *map[string]string `pulumi:"environment,optional"`
	AssetPaths             *[]string          `pulumi:"assetPaths,optional"`
	ArchivePaths           *[]string          `pulumi:"archivePaths,optional"`
	AddPreviousOutputInEnv *bool              `pulumi:"addPreviousOutputInEnv,optional"`
}

const globs = "Globs are of paths relative to `dir`, with `/` between folders: `*` stops at `/`, `**` does not, and `!` in " +
	"front takes out what the globs before it have matched."

// Annotate implements infer.Annotated.
func (i *BaseInputs) Annotate(a infer.Annotator) {
	a.Describe(&i.Stdin, "What the command reads from standard input.")
	a.Describe(&i.Logging, "Which streams are shown while the command runs. Both by default. The outputs hold both in any case.")
	a.Describe(&i.Interpreter, "The program that runs the command, and its arguments before it. `/bin/sh -c` by default.")
	a.Describe(&i.Dir, "The folder in which the command runs. It must exist. The program's by default.")
	a.Describe(&i.Environment, "Environment variables, beside those of the Pulumi process.")
	a.Describe(&i.AssetPaths, "Globs of files to return as `assets` when the command is done. "+globs)
	a.Describe(&i.ArchivePaths, "Globs of files to return as one `archive` when the command is done. "+globs)
	a.Describe(&i.AddPreviousOutputInEnv, "Whether the command finds what the one before it printed in "+
		"`PULUMI_COMMAND_STDOUT` and `PULUMI_COMMAND_STDERR`. True by default.")
}

// BaseOutputs are the outputs of a command.
type BaseOutputs struct {
	Stdout  string                            `pulumi:"stdout"`
	Stderr  string                            `pulumi:"stderr"`
	Assets  *map[string]*types.AssetOrArchive `pulumi:"assets,optional"`
	Archive *resource.Archive                 `pulumi:"archive,optional"`
}

// Annotate implements infer.Annotated.
func (o *BaseOutputs) Annotate(a infer.Annotator) {
	a.Describe(&o.Stdout, "The command's standard output, less a newline at its end.")
	a.Describe(&o.Stderr, "The command's standard error, less a newline at its end.")
	a.Describe(&o.Assets, "The files that `assetPaths` matches, by path.")
	a.Describe(&o.Archive, "The files that `archivePaths` matches.")
}
