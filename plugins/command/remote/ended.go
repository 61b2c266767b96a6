package remote

import (
	"errors"
	"strings"
)

// endMark is the last line that a host script of this project prints, as components/cluster/hostReport.ts defines it. The
// script's text, on standard input, contains it. A state may have kept a script of an earlier version, without a mark.
const endMark = "----- kubeadm-kafka: the result ends -----"

// errNotEnded says that a login ended with status 0 before it ran its command, as its start-up files can cause. The program
// itself checks the output of creations and updates, but it never sees a deletion's.
var errNotEnded = errors.New("the script's result isn't there, though the login ended with status 0: it must run the command that " +
	"it is given. Look for `exit` and `exec` in its shell's start-up files, and for ForceCommand in sshd_config(5). Then try again [KK782]")

// checkEnded fails for a host script that didn't run to its end.
func checkEnded(stdin *string, stdout string) error {
	if stdin == nil || !strings.Contains(*stdin, endMark) {
		return nil
	}
	for line := range strings.Lines(stdout) {
		if strings.TrimRight(line, "\r\n") == endMark {
			return nil
		}
	}
	return errNotEnded
}
