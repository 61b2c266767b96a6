package remote

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
	"golang.org/x/crypto/ssh"

	"kubeadm-kafka/plugins/command/internal/lifecycle"
	"kubeadm-kafka/plugins/command/internal/output"
)

// Run implements lifecycle.State. A command that fails leaves the state unchanged.
func (s *CommandOutputs) Run(ctx context.Context, command string) error {
	client, err := s.Connection.Dial(ctx)
	if err != nil {
		return err
	}
	defer client.Close()
	session, err := client.NewSession()
	if err != nil {
		return err
	}
	defer session.Close()
	if err := s.setEnvironment(ctx, session); err != nil {
		return err
	}
	if s.Stdin != nil && *s.Stdin != "" {
		session.Stdin = strings.NewReader(*s.Stdin)
	}

	captured := output.NewCapture(ctx, s.Logging)
	session.Stdout, session.Stderr = captured.Stdout(), captured.Stderr()
	err = session.Run(command)
	captured.Finish()
	stdout, stderr := captured.Streams()
	if err == nil {
		err = checkEnded(s.Stdin, stdout)
	}
	if err != nil {
		return captured.Failure(err, command)
	}
	s.Stdout, s.Stderr = stdout, stderr
	return nil
}

const howToAccept = "the host's SSH server has to accept it (AcceptEnv). A shell also takes `NAME=value` in front of " +
	"the command."

// setEnvironment sends the variables to the server. A server that rejects one of the environment's fails the command; if it
// rejects the previous output, that is only a warning.
func (s *CommandOutputs) setEnvironment(ctx context.Context, session *ssh.Session) error {
	logger := p.GetLogger(ctx)
	for _, name := range slices.Sorted(maps.Keys(s.Environment)) {
		if err := session.Setenv(name, s.Environment[name]); err != nil {
			logger.Errorf("Unable to set '%s': %s", name, howToAccept)
			return fmt.Errorf("could not set environment variable %q: %w", name, err)
		}
	}
	previous := lifecycle.Previous(s.AddPreviousOutputInEnv, s.Stdout, s.Stderr)
	for _, name := range slices.Sorted(maps.Keys(previous)) {
		if session.Setenv(name, previous[name]) != nil {
			logger.Warningf("Unable to set '%s': %s", name, howToAccept)
		}
	}
	return nil
}
