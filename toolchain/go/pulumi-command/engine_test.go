//go:build engine

// The real engine, with a real program, against a real SSH server:
//
//	go test -tags engine -run Engine .
//
// It needs pulumi, pulumi-language-nodejs and node on the PATH, and the npm packages of the checkout.

package main

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"kubeadm-kafka/toolchain/pulumi-command/internal/sshtest"
)

type project struct {
	testing.TB
	dir, home, backend string
	settings           m
}

func newProject(t *testing.T) *project {
	t.Helper()
	for _, tool := range []string{"pulumi", "pulumi-language-nodejs", "node"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("%v\nput build/toolchain/bin of the checkout on the PATH, after make toolchain", err)
		}
	}
	pr := &project{TB: t, dir: t.TempDir(), home: t.TempDir(), backend: t.TempDir()}
	must(t, os.CopyFS(pr.dir, os.DirFS("testdata/engine")))
	modules, err := filepath.Abs("../../../node_modules")
	must(t, err)
	must(t, os.Symlink(modules, filepath.Join(pr.dir, "node_modules")))
	plugin := filepath.Join(pr.home, "plugins", "resource-command-v"+version, "pulumi-resource-command")
	if out, err := exec.Command("go", "build", "-o", plugin, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	pr.pulumi("stack", "init", "test")
	return pr
}

func (pr *project) tryPulumi(args ...string) (string, error) {
	settings, err := json.Marshal(pr.settings)
	must(pr, err)
	must(pr, os.WriteFile(filepath.Join(pr.dir, "settings.json"), settings, 0o600))
	cmd := exec.Command("pulumi", append(args, "--non-interactive")...)
	cmd.Dir = pr.dir
	cmd.Env = append(os.Environ(), "PULUMI_HOME="+pr.home, "PULUMI_BACKEND_URL=file://"+pr.backend,
		"PULUMI_CONFIG_PASSPHRASE=secret", "PULUMI_SKIP_UPDATE_CHECK=true")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (pr *project) pulumi(args ...string) string {
	pr.Helper()
	out, err := pr.tryPulumi(args...)
	if err != nil {
		pr.Fatalf("pulumi %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func (pr *project) up(args ...string) string {
	pr.Helper()
	return pr.pulumi(append([]string{"up", "--yes", "--skip-preview"}, args...)...)
}

func (pr *project) output(name string) string {
	pr.Helper()
	return strings.TrimSpace(pr.pulumi("stack", "output", "--show-secrets", name))
}

// hides wants none of the texts, and ciphertext, in the files of the backend: state, history and backups.
func (pr *project) hides(texts ...string) {
	pr.Helper()
	encrypted := false
	must(pr, filepath.WalkDir(pr.backend, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		encrypted = encrypted || bytes.Contains(content, []byte("ciphertext"))
		for _, text := range texts {
			if bytes.Contains(content, []byte(text)) {
				pr.Errorf("%s holds %q in clear", path, text)
			}
		}
		return err
	}))
	equal(pr, "the backend holds ciphertext", encrypted, true)
}

func TestEngine(t *testing.T) {
	sshd := sshtest.Start(t)
	folder, target, log := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "log")
	must(t, os.WriteFile(filepath.Join(folder, "file"), []byte("content"), 0o644))
	pr := newProject(t)
	connection := sshd.Connection()
	pr.settings = m{
		"connection": connection, "log": log, "folder": folder, "target": target, "greeting": "one", "trigger": "a",
	}
	key := strings.Split(sshd.ClientKey, "\n")[2] // a line from the middle

	pr.pulumi("preview")
	equal(t, "connections of a preview", sshd.Connections.Load(), 0)
	shown := pr.up()
	if strings.Contains(shown, key) || strings.Contains(shown, "nobody may see") {
		t.Errorf("up shows a secret:\n%s", shown)
	}
	equal(t, "stdout", pr.output("stdout"), "made by one")
	equal(t, "confidential", pr.output("confidential"), "output that nobody may see")
	equal(t, "here", pr.output("here"), "made by one, seen here")
	equal(t, "assets", pr.output("assets"), `["file"]`)
	equal(t, "run", pr.output("run"), "run")
	equal(t, "text", read(t, filepath.Join(target, "text")), "one")
	equal(t, "file", read(t, filepath.Join(target, filepath.Base(folder), "file")), "content")
	equal(t, "runs", read(t, log), "create one\n")

	before := sshd.Connections.Load()
	pr.up("--expect-no-changes")
	pr.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")
	equal(t, "connections of a second up and a refresh", sshd.Connections.Load(), before)

	pr.settings["greeting"] = "two"
	pr.up()
	equal(t, "stdout", pr.output("stdout"), "updated by two")
	equal(t, "here", pr.output("here"), "updated by two, seen here")
	equal(t, "text", read(t, filepath.Join(target, "text")), "two")
	equal(t, "runs", read(t, log), "create one\nupdate two after made by one\n")

	pr.settings["trigger"] = "b"
	if shown := pr.pulumi("preview", "--diff"); !strings.Contains(shown, "+-command:remote:Command: (replace)") {
		t.Errorf("a preview of another trigger shows no replacement:\n%s", shown)
	}
	pr.up()
	equal(t, "runs", read(t, log),
		"create one\nupdate two after made by one\ncreate two\ndelete after updated by two\n")

	pr.settings["greeting"] = "three"
	pr.settings["connection"] = with(connection, m{"hostKey": sshtest.Start(t).HostKey})
	shown, err := pr.tryPulumi("up", "--yes", "--skip-preview")
	failsWith(t, err, "exit status")
	if !strings.Contains(shown, "after 0 failed attempts: ssh: handshake failed: ssh: host key mismatch") {
		t.Errorf("an untrusted host isn't told:\n%s", shown)
	}
	if strings.Contains(shown, key) {
		t.Errorf("the failure shows the private key:\n%s", shown)
	}
	pr.settings["greeting"], pr.settings["connection"] = "two", connection

	pr.hides(key, "nobody may see")
	pr.pulumi("destroy", "--yes", "--skip-preview")
	pr.hides(key, "nobody may see")
	equal(t, "runs", read(t, log), "create one\nupdate two after made by one\ncreate two\n"+
		"delete after updated by two\ndelete after made by two\n")
	pr.pulumi("stack", "rm", "--yes", "test") // refused while resources are left
}
