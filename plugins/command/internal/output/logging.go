package output

import "github.com/pulumi/pulumi-go-provider/infer"

// Values of the local and the remote Logging enum: the streams that are shown while a command runs.
const (
	Stdout          = "stdout"
	Stderr          = "stderr"
	StdoutAndStderr = "stdoutAndStderr"
	None            = "none"
)

// Values returns a Logging enum's values for the provider's schema.
func Values[L ~string]() []infer.EnumValue[L] {
	return []infer.EnumValue[L]{
		{Name: Stdout, Value: Stdout, Description: "Show standard output only."},
		{Name: Stderr, Value: Stderr, Description: "Show standard error only."},
		{Name: StdoutAndStderr, Value: StdoutAndStderr, Description: "Show both."},
		{Name: None, Value: None, Description: "Show nothing."},
	}
}

func logs[L ~string](logging *L, stream L) bool {
	return logging == nil || *logging == stream || *logging == StdoutAndStderr
}
