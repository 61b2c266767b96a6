package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
)

func TestLocalCommandLives(t *testing.T) {
	unit := newUnit(t, "local:Command")
	log := filepath.Join(t.TempDir(), "log")
	inputs := m{
		"create": "echo made; echo create >>" + log,
		"update": `echo "<$PULUMI_COMMAND_STDOUT>"; echo update >>` + log,
		"delete": `echo "delete $PULUMI_COMMAND_STDOUT" >>` + log,
	}
	equal(t, "first up", unit.up(inputs), "create")
	equal(t, "second up", unit.up(inputs), "same")
	equal(t, "stdout", text(unit.state, "stdout"), "made")
	equal(t, "up with stdin", unit.up(with(inputs, m{"stdin": "x"})), "update")
	equal(t, "stdout", text(unit.state, "stdout"), "<made>")
	equal(t, "up with a trigger", unit.up(with(inputs, m{"triggers": []any{1}})), "replace")
	unit.down()
	equal(t, "runs", read(t, log), "create\nupdate\ncreate\ndelete <made>\ndelete made\n")
}

func TestLocalCommandSurroundings(t *testing.T) {
	t.Setenv("INHERITED", "from here")
	dir, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	unit := newUnit(t, "local:Command")
	unit.up(m{
		"create":      `pwd; cat; echo; echo "$GREETING, $INHERITED, $0"`,
		"dir":         dir,
		"stdin":       "read",
		"environment": m{"GREETING": "hello"},
		"interpreter": []any{"/bin/bash", "-e", "-c"},
	})
	equal(t, "stdout", text(unit.state, "stdout"), dir+"\nread\nhello, from here, /bin/bash")
}

func TestLocalFailureNamesStatusCommandAndAllOutput(t *testing.T) {
	_, err := newUnit(t, "local:Command").tryUp(m{"create": "echo out; sleep 0.1; echo err >&2; exit 3"})
	failsWith(t, err, "exit status 3: running \"echo out; sleep 0.1; echo err >&2; exit 3\":\nout\nerr\n")
	_, err = newUnit(t, "local:Command").tryUp(m{"create": "true", "dir": "/nowhere"})
	failsWith(t, err, "no such file or directory")
	_, err = newUnit(t, "local:Command").tryUp(m{"create": "true", "interpreter": []any{"/nowhere"}})
	failsWith(t, err, "fork/exec /nowhere")
}

func TestCancelEndsALocalCommand(t *testing.T) {
	unit := newUnit(t, "local:Command")
	file := filepath.Join(t.TempDir(), "started")
	failed := make(chan error)
	go func() {
		_, err := unit.tryUp(m{"create": "touch " + file + "; exec sleep 60"})
		failed <- err
	}()
	await(t, "the command", func() bool { _, err := os.Stat(file); return err == nil })
	must(t, unit.server.Cancel())
	failsWith(t, <-failed, "signal: killed: running ")
}

const globsOfReadme = "a/1.txt a/deep/2.txt a/secret.txt b.txt"

func TestAssetsAndArchive(t *testing.T) {
	dir := t.TempDir()
	unit := newUnit(t, "local:Command")
	make := "mkdir -p a/deep; for f in " + globsOfReadme + "; do echo $f >$f; done"
	for _, c := range []struct {
		globs []any
		want  string
	}{
		{[]any{"*"}, "b.txt"},
		{[]any{"**"}, globsOfReadme},
		{[]any{"a/*"}, "a/1.txt a/secret.txt"},
		{[]any{"a/**", "!**secret*"}, "a/1.txt a/deep/2.txt"},
		{[]any{"!**secret*", "a/*"}, "a/1.txt a/secret.txt"},
		{[]any{"nothing"}, ""},
	} {
		unit.up(m{"create": make, "dir": dir, "assetPaths": c.globs, "archivePaths": c.globs})
		equal(t, "assets", strings.Join(names(unit.state.Get("assets").AsMap().AsMap()), " "), c.want)
		archive := unit.state.Get("archive").AsArchive()
		equal(t, "archive", strings.Join(names(archive.Assets), " "), c.want)
	}
	unit.up(m{"create": "true", "dir": dir, "assetPaths": []any{"b.txt"}})
	equal(t, "path", unit.state.Get("assets").AsMap().Get("b.txt").AsAsset().Path, filepath.Join(dir, "b.txt"))

	_, err := newUnit(t, "local:Command").tryUp(m{"create": "true", "dir": dir, "assetPaths": []any{"["}})
	failsWith(t, err, "unexpected")
}

func TestRunRunsEachTime(t *testing.T) {
	server := newServer(t)
	response, err := server.Invoke(p.InvokeRequest{Token: "command:local:run", Args: properties(m{
		"command": `echo "$X"; cat; echo err >&2`, "stdin": "in", "environment": m{"X": "x"},
	})})
	must(t, err)
	equal(t, "stdout", text(response.Return, "stdout"), "x\nin")
	equal(t, "stderr", text(response.Return, "stderr"), "err")
	equal(t, "command", text(response.Return, "command"), `echo "$X"; cat; echo err >&2`)
	_, err = server.Invoke(p.InvokeRequest{Token: "command:local:run", Args: properties(m{"command": "exit 7"})})
	failsWith(t, err, "exit status 7: running \"exit 7\"")
}

func names[V any](of map[string]V) []string {
	var all []string
	for name := range of {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}
