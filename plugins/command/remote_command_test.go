package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"

	"kubeadm-kafka/plugins/command/internal/sshtest"
)

func remoteCommand(t *testing.T) (*unit, m) {
	t.Helper()
	return newUnit(t, "remote:Command"), m{"connection": sshtest.Start(t).Connection()}
}

func TestOutputsAreWhatIsPrintedLessOneNewline(t *testing.T) {
	unit, base := remoteCommand(t)
	unit.up(with(base, m{"create": "printf 'one\\n\\n'; printf 'two\\n' >&2"}))
	equal(t, "stdout", text(unit.state, "stdout"), "one\n")
	equal(t, "stderr", text(unit.state, "stderr"), "two")
	if !strings.HasPrefix(unit.id, "unit") || len(unit.id) != len("unit")+8 {
		t.Errorf("id is %q, want the name and eight hex digits", unit.id)
	}
}

func TestStdinReachesTheCommandWhole(t *testing.T) {
	unit, base := remoteCommand(t)
	unit.up(with(base, m{"create": "wc -c; echo done", "stdin": strings.Repeat("x", 1<<20)}))
	equal(t, "stdout", text(unit.state, "stdout"), "1048576\ndone")
}

func TestEnvironmentReachesTheCommandIfAccepted(t *testing.T) {
	unit, base := remoteCommand(t)
	unit.up(with(base, m{"create": "echo $GREETING", "environment": m{"GREETING": "hello world"}}))
	equal(t, "stdout", text(unit.state, "stdout"), "hello world")
}

func TestEnvironmentThatIsNotAcceptedFails(t *testing.T) {
	unit, base := remoteCommand(t)
	log := logged(t)
	_, err := unit.tryUp(with(base, m{"create": "true", "environment": m{"OTHER": "value"}}))
	failsWith(t, err, `could not set environment variable "OTHER"`, "ssh: setenv failed")
	if !strings.Contains(log.String(), "ERROR Unable to set 'OTHER': the host's SSH server has to accept it (AcceptEnv)") {
		t.Errorf("log lacks the remedy:\n%s", log)
	}
}

func TestFailureNamesStatusCommandAndAllOutput(t *testing.T) {
	unit, base := remoteCommand(t)
	_, err := unit.tryUp(with(base, m{"create": "echo out; sleep 0.1; echo err >&2; exit 3", "stdin": "hidden"}))
	want := "Process exited with status 3: running \"echo out; sleep 0.1; echo err >&2; exit 3\":\nout\nerr\n"
	failsWith(t, err, want)
	if strings.Contains(err.Error(), "hidden") {
		t.Errorf("error shows stdin: %v", err)
	}
	equal(t, "id after a failed create", unit.id, "")
}

func TestDeathBySignalFails(t *testing.T) {
	unit, base := remoteCommand(t)
	_, err := unit.tryUp(with(base, m{"create": "kill -TERM $$"}))
	failsWith(t, err, "Process exited with status 143 from signal TERM")
}

func TestLargeOutputAndLongLines(t *testing.T) {
	const size = 4 << 20
	unit, base := remoteCommand(t)
	log := logged(t)
	unit.up(with(base, m{"create": "head -c 4194304 /dev/zero | tr '\\0' x; echo; echo end; echo end >&2"}))
	equal(t, "length of stdout", len(text(unit.state, "stdout")), size+len("\nend"))
	equal(t, "stderr", text(unit.state, "stderr"), "end")
	equal(t, "warnings of a long line", strings.Count(log.String(), "WARN A line of output is longer than 64 KiB"), 1)
	if pieces := strings.Count(log.String(), "INFO x"); pieces < 2 {
		t.Errorf("the long line is shown in %d pieces", pieces)
	}
	equal(t, "lines after the long one", strings.Count(log.String(), "INFO end\n"), 2)
}

func TestManyLinesShowNoWarning(t *testing.T) {
	unit, base := remoteCommand(t)
	log := logged(t)
	unit.up(with(base, m{"create": "seq 20000; head -c 65000 /dev/zero | tr '\\0' x"}))
	equal(t, "lines shown", strings.Count(log.String(), "INFO "), 20001)
	equal(t, "warnings", strings.Count(log.String(), "WARN "), 0)
}

func TestLoggingNamesTheStreamsShown(t *testing.T) {
	unit, base := remoteCommand(t)
	for logging, shown := range map[string]string{
		"stdout": "out", "stderr": "err", "stdoutAndStderr": "out err", "none": "",
	} {
		log := logged(t)
		unit.up(with(base, m{"create": "echo -out-; echo -err- >&2", "logging": logging}))
		for _, stream := range []string{"out", "err"} {
			equal(t, logging+" shows "+stream, strings.Contains(log.String(), "-"+stream+"-"), strings.Contains(shown, stream))
		}
		equal(t, "stdout with logging "+logging, text(unit.state, "stdout"), "-out-")
	}
}

func TestChangedInputRunsUpdateElseCreate(t *testing.T) {
	unit, base := remoteCommand(t)
	first := with(base, m{"create": "echo created", "stdin": "1"})
	equal(t, "first up", unit.up(first), "create")
	id := unit.id
	equal(t, "second up", unit.up(first), "same")

	equal(t, "up with other stdin", unit.up(with(first, m{"stdin": "2", "create": "echo again"})), "update")
	equal(t, "stdout without update", text(unit.state, "stdout"), "again")
	equal(t, "up with update", unit.up(with(first, m{"update": "echo updated"})), "update")
	equal(t, "stdout with update", text(unit.state, "stdout"), "updated")
	equal(t, "id", unit.id, id)
}

func TestFailedUpdateKeepsTheState(t *testing.T) {
	unit, base := remoteCommand(t)
	unit.up(with(base, m{"create": "echo created"}))
	_, err := unit.tryUp(with(base, m{"create": "echo created", "update": "exit 1"}))
	failsWith(t, err, "Process exited with status 1")
	equal(t, "stdout", text(unit.state, "stdout"), "created")
}

func TestTriggersReplaceAndDeleteAfterwards(t *testing.T) {
	unit, base := remoteCommand(t)
	log := filepath.Join(t.TempDir(), "log")
	inputs := with(base, m{"create": "echo created >>" + log, "delete": "echo deleted >>" + log, "update": "echo updated >>" + log})
	unit.up(with(inputs, m{"triggers": []any{"a", 1, m{"deep": true}}}))
	id := unit.id
	equal(t, "same triggers", unit.up(with(inputs, m{"triggers": []any{"a", 1, m{"deep": true}}})), "same")
	equal(t, "other triggers", unit.up(with(inputs, m{"triggers": []any{"a", 1, m{"deep": false}}})), "replace")
	equal(t, "one trigger more", unit.up(with(inputs, m{"triggers": []any{"a", 1, m{"deep": false}, "b"}})), "replace")
	equal(t, "runs", read(t, log), "created\ncreated\ndeleted\ncreated\ndeleted\n")
	if unit.id == id {
		t.Error("a replacement kept its id")
	}
}

func TestPreviousOutputIsInTheEnvironment(t *testing.T) {
	unit, base := remoteCommand(t)
	show := m{"update": `echo "<$PULUMI_COMMAND_STDOUT|$PULUMI_COMMAND_STDERR>"`}
	unit.up(with(base, m{"create": "echo out; echo err >&2"}))
	unit.up(with(base, show))
	equal(t, "stdout", text(unit.state, "stdout"), "<out|err>")
	unit.up(with(base, show, m{"addPreviousOutputInEnv": false}))
	equal(t, "stdout without it", text(unit.state, "stdout"), "<|>")
}

func TestDeleteRunsFromTheStateAlone(t *testing.T) {
	unit, base := remoteCommand(t)
	file := filepath.Join(t.TempDir(), "deleted")
	unit.up(with(base, m{"create": "echo made", "delete": `echo "$PULUMI_COMMAND_STDOUT" >` + file}))
	unit.down()
	equal(t, "what delete wrote", read(t, file), "made\n")
}

func TestHostScriptThatItsLoginNeverRanFails(t *testing.T) {
	const mark = "----- kubeadm-kafka: the result ends -----"
	script := "echo ran; printf '%s\\n' '" + mark + "'; exit"
	for login, ends := range map[string]bool{
		"bash -s":                 true,
		"bash -s; echo goodbye":   true,
		"bash -s | sed 's/$/\r/'": true,
		"echo greeting; exit 0":   false,
		"true":                    false,
		"echo 'no " + mark + "'":  false,
	} {
		unit, base := remoteCommand(t)
		inputs := with(base, m{"stdin": script, "delete": login})
		unit.up(inputs)
		err := unit.tryDown()
		if ends {
			must(t, err)
			continue
		}
		failsWith(t, err, "the script's result isn't there, though the login ended with status 0", "ForceCommand", "[KK782]: running")
		_, err = unit.tryUp(with(inputs, m{"create": login}))
		failsWith(t, err, "[KK782]")
		unit.up(with(inputs, m{"stdin": "a script of an earlier version, or of another program"}))
		unit.down()
	}
}

func TestDeleteFromAStateOfBeforeTheDefaults(t *testing.T) {
	unit, base := remoteCommand(t)
	file := filepath.Join(t.TempDir(), "deleted")
	connection := base["connection"].(m)
	delete(connection, "dialErrorLimit")
	state := properties(with(base, m{"delete": "touch " + file, "stdout": "", "stderr": ""}))
	must(t, unit.server.Delete(p.DeleteRequest{ID: "unit01234567", Urn: unit.urn, Properties: state}))
	read(t, file)
}

func TestNoCommandNoConnection(t *testing.T) {
	sshd := sshtest.Start(t)
	unit := newUnit(t, "remote:Command")
	base := m{"connection": sshd.Connection()}
	equal(t, "up", unit.up(base), "create")
	equal(t, "up with a trigger", unit.up(with(base, m{"triggers": []any{1}})), "replace")
	unit.preview(with(base, m{"create": "true"}))
	unit.down()
	equal(t, "connections", sshd.Connections.Load(), 0)
}

func read(t testing.TB, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	must(t, err)
	return string(content)
}
