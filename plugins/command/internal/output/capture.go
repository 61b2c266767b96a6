// Package output collects a command's output, and shows it in Pulumi's display while the command runs.
package output

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	p "github.com/pulumi/pulumi-go-provider"
)

// Capture collects one command's output: each stream for the resource's outputs, and both in order of arrival for the
// error message.
type Capture struct {
	stdout, stderr bytes.Buffer
	both           lockedBuffer
	lines          []*lines
	out, err       io.Writer
}

// NewCapture returns a Capture that shows the streams of logging as they arrive; nil shows both.
func NewCapture[L ~string](ctx context.Context, logging *L) *Capture {
	c := &Capture{}
	c.out = io.MultiWriter(&c.stdout, &c.both, c.shown(ctx, logs(logging, Stdout)))
	c.err = io.MultiWriter(&c.stderr, &c.both, c.shown(ctx, logs(logging, Stderr)))
	return c
}

func (c *Capture) shown(ctx context.Context, show bool) io.Writer {
	if !show {
		return io.Discard
	}
	logger := p.GetLogger(ctx)
	l := &lines{line: logger.InfoStatus, warn: logger.Warning}
	c.lines = append(c.lines, l)
	return l
}

// Stdout returns the writer for the command's standard output.
func (c *Capture) Stdout() io.Writer { return c.out }

// Stderr returns the writer for the command's standard error.
func (c *Capture) Stderr() io.Writer { return c.err }

// Finish shows a last line without a newline. The command must have ended.
func (c *Capture) Finish() {
	for _, l := range c.lines {
		l.flush()
	}
}

// Streams returns both streams without a newline at their end.
func (c *Capture) Streams() (stdout, stderr string) {
	return strings.TrimSuffix(c.stdout.String(), "\n"), strings.TrimSuffix(c.stderr.String(), "\n")
}

// Failure returns an error with the reason, the command and its whole output.
func (c *Capture) Failure(err error, command string) error {
	return fmt.Errorf("%w: running %q:\n%s", err, command, c.both.String())
}

// lockedBuffer is a buffer that both streams' goroutines write to.
type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(bs []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(bs)
}
