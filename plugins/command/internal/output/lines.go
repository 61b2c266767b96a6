package output

import "bytes"

// longLine is the length at which the published plugin stops reading, and blocks the command forever.
const longLine = 64 << 10

const longLineWarning = "A line of output is longer than 64 KiB. The published Command plugin never returns from such " +
	"a command: break the line up, or set logging to \"none\"."

// lines is a writer that passes on one line at a time. A longer line than longLine is passed on in pieces, after a warning.
type lines struct {
	line, warn func(string)
	rest       []byte
	warned     bool
}

func (l *lines) Write(bs []byte) (int, error) {
	for _, part := range bytes.SplitAfter(bs, []byte("\n")) {
		l.rest = append(l.rest, part...)
		tooLong := len(l.rest) > longLine
		if tooLong && !l.warned {
			l.warn(longLineWarning)
			l.warned = true
		}
		if tooLong || bytes.HasSuffix(l.rest, []byte("\n")) {
			l.flush()
		}
	}
	return len(bs), nil
}

func (l *lines) flush() {
	if len(l.rest) == 0 {
		return
	}
	line := bytes.TrimSuffix(l.rest, []byte("\n"))
	l.line(string(bytes.TrimSuffix(line, []byte("\r"))))
	l.rest = l.rest[:0]
}
