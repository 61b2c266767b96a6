package local

import (
	"context"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"

	"kubeadm-kafka/plugins/command/internal/lifecycle"
	"kubeadm-kafka/plugins/command/internal/output"
)

// run runs a command to its end, and replaces the former command's outputs in out. A command that fails leaves out
// unchanged.
func run(ctx context.Context, command string, in BaseInputs, out *BaseOutputs) error {
	cmd, err := process(ctx, command, in, out)
	if err != nil {
		return err
	}
	captured := output.NewCapture(ctx, in.Logging)
	cmd.Stdout, cmd.Stderr = captured.Stdout(), captured.Stderr()
	err = cmd.Run()
	captured.Finish()
	if err != nil {
		return captured.Failure(err, command)
	}

	if err := collect(cmd.Dir, in, out); err != nil {
		return err
	}
	out.Stdout, out.Stderr = captured.Streams()
	return nil
}

func process(ctx context.Context, command string, in BaseInputs, previous *BaseOutputs) (*exec.Cmd, error) {
	args := []string{"/bin/sh", "-c"}
	if in.Interpreter != nil && len(*in.Interpreter) > 0 {
		args = slices.Clone(*in.Interpreter)
	}
	args = append(args, command)

	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	var err error
	if in.Dir != nil {
		cmd.Dir = *in.Dir
	} else if cmd.Dir, err = os.Getwd(); err != nil {
		return nil, err
	}
	cmd.Env = os.Environ()
	if in.Environment != nil {
		cmd.Env = append(cmd.Env, assignments(*in.Environment)...)
	}
	cmd.Env = append(cmd.Env, assignments(
		lifecycle.Previous(in.AddPreviousOutputInEnv, previous.Stdout, previous.Stderr))...)
	if in.Stdin != nil && *in.Stdin != "" {
		cmd.Stdin = strings.NewReader(*in.Stdin)
	}
	return cmd, nil
}

func assignments(env map[string]string) []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(env)) {
		list = append(list, name+"="+env[name])
	}
	return list
}
