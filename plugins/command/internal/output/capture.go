// Package output collects what a command prints, and shows it in Pulumi's display while the command runs.
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

// Capture holds the output of one command: each stream by itself for the resource's outputs, and both in order of
// arrival for the error message.
type Capture struct {
	stdout, stderr bytes.Buffer
	both           lockedBuffer
	lines          []*lines
	out, err       io.Writer
}

// NewCapture shows the streams that logging names as they arrive; both, where it names none.
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

// Stdout is where the command's standard output belongs.
func (c *Capture) Stdout() io.Writer { return c.out }

// Stderr is where the command's standard error belongs.
func (c *Capture) Stderr() io.Writer { return c.err }

// Finish shows what is left of lines without an end. The command writes nothing after it.
func (c *Capture) Finish() {
	for _, l := range c.lines {
		l.flush()
	}
}

// Streams are the resource's outputs: what was printed, less one newline at the end.
func (c *Capture) Streams() (stdout, stderr string) {
	return strings.TrimSuffix(c.stdout.String(), "\n"), strings.TrimSuffix(c.stderr.String(), "\n")
}

// Failure says why a command failed, which one, and all that it printed.
func (c *Capture) Failure(err error, command string) error {
	return fmt.Errorf("%w: running %q:\n%s", err, command, c.both.String())
}

// lockedBuffer is written by both streams' goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(bs []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(bs)
}
