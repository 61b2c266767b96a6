package remote

import (
	"errors"
	"strings"
)

// endMark is the line that a host script of this project prints last. It is also in the script's text, on standard input; scripts
// of its earlier versions, which a state may have kept for a deletion, print none. components/cluster/hostReport.ts has it.
const endMark = "----- kubeadm-kafka: the result ends -----"

// errNotEnded is of a login whose start-up files end it, with status 0, before it runs its command. The program sees what a creation
// or an update printed, and would find out later. It never sees what a deletion printed.
var errNotEnded = errors.New("the script's result isn't there, though the login ended with status 0: it must run the command that " +
	"it is given. Look for `exit` and `exec` in its shell's start-up files, and for ForceCommand in sshd_config(5). Then try again [KK782]")

// checkEnded fails for a host script that was not run to its end.
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
