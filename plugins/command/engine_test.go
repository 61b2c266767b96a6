//go:build engine

// The real engine, with a real program, against a real SSH server:
//
//	go test -tags engine -run Engine .
//
// It needs pulumi, pulumi-language-nodejs and node on the PATH, and the checkout's npm packages. With the published plugin's
// path in COMMAND_PLUGIN, it compares the two plugins as well.

package main

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kubeadm-kafka/plugins/command/internal/sshtest"
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
	modules, err := filepath.Abs("../../node_modules")
	must(t, err)
	must(t, os.Symlink(modules, filepath.Join(pr.dir, "node_modules")))
	pr.useDropIn()
	pr.pulumi("stack", "init", "test")
	return pr
}

func (pr *project) plugin() string {
	return filepath.Join(pr.home, "plugins", "resource-command-v"+version, "pulumi-resource-command")
}

func (pr *project) useDropIn() {
	pr.Helper()
	if out, err := exec.Command("go", "build", "-o", pr.plugin(), ".").CombinedOutput(); err != nil {
		pr.Fatalf("%v:\n%s", err, out)
	}
}

func (pr *project) usePublished() {
	pr.Helper()
	published, err := os.ReadFile(os.Getenv("COMMAND_PLUGIN"))
	must(pr, err)
	must(pr, os.Remove(pr.plugin()))
	must(pr, os.WriteFile(pr.plugin(), published, 0o755))
}

// state returns the stack's state, a resource a line, with secrets in clear, and without values that differ in each run.
func (pr *project) state() string {
	pr.Helper()
	var export struct {
		Deployment struct{ Resources []map[string]any }
	}
	must(pr, json.Unmarshal([]byte(pr.pulumi("stack", "export", "--show-secrets")), &export))
	var lines []string
	for _, resource := range export.Deployment.Resources {
		for _, name := range []string{"id", "provider", "created", "modified"} {
			delete(resource, name)
		}
		line, err := json.Marshal(resource)
		must(pr, err)
		lines = append(lines, string(line))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
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

// hides checks that the backend's files (state, history, backups) contain ciphertext, and none of the texts.
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

// settings are the program's first ones.
func settings(t *testing.T, connection m) m {
	t.Helper()
	folder := t.TempDir()
	must(t, os.WriteFile(filepath.Join(folder, "file"), []byte("content"), 0o644))
	return m{
		"connection": connection, "folder": folder, "target": t.TempDir(), "log": filepath.Join(t.TempDir(), "log"),
		"greeting": "one", "trigger": "a",
	}
}

func TestEngine(t *testing.T) {
	sshd := sshtest.Start(t)
	pr := newProject(t)
	connection := sshd.Connection()
	pr.settings = settings(t, connection)
	folder, target, log := pr.settings["folder"].(string), pr.settings["target"].(string), pr.settings["log"].(string)
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

func TestEngineSeesNoDifferenceToThePublishedPlugin(t *testing.T) {
	if os.Getenv("COMMAND_PLUGIN") == "" {
		t.Skip("set COMMAND_PLUGIN to the published plugin, to compare with it")
	}
	pr := newProject(t)
	pr.settings = settings(t, sshtest.Start(t).Connection())
	same := func(step string, change func()) {
		t.Helper()
		before := pr.pulumi("stack", "export")
		states := map[string]string{}
		for name, use := range map[string]func(){"published": pr.usePublished, "drop-in": pr.useDropIn} {
			backup := filepath.Join(t.TempDir(), "state.json")
			must(t, os.WriteFile(backup, []byte(before), 0o600))
			pr.pulumi("stack", "import", "--file", backup)
			use()
			change()
			states[name] = pr.state()
		}
		if states["published"] != states["drop-in"] {
			t.Errorf("%s: states differ\npublished:\n%s\ndrop-in:\n%s", step, states["published"], states["drop-in"])
		}
		for _, use := range []func(){pr.usePublished, pr.useDropIn} {
			use()
			pr.up("--expect-no-changes")
		}
	}

	same("create", func() { pr.up() })
	pr.settings["greeting"] = "two"
	same("update", func() { pr.up() })
	pr.settings["trigger"] = "b"
	same("replace", func() { pr.up() })
	pr.usePublished()
	pr.pulumi("destroy", "--yes", "--skip-preview") // removes the drop-in's resources
}
