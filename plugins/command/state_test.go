package main

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"kubeadm-kafka/plugins/command/internal/sshtest"
)

func TestDefaultsAreInTheState(t *testing.T) {
	sshd := sshtest.Start(t)
	unit := newUnit(t, "remote:Command")
	unit.up(m{"connection": m{"host": "127.0.0.1", "port": sshd.Port, "proxy": m{"host": "nowhere"}}})
	connection := unit.state.Get("connection").AsMap()
	for _, end := range []property.Map{connection, connection.Get("proxy").AsMap()} {
		equal(t, "user", text(end, "user"), "root")
		equal(t, "dialErrorLimit", end.Get("dialErrorLimit").AsNumber(), 10)
		equal(t, "perDialTimeout", end.Get("perDialTimeout").AsNumber(), 15)
	}
	equal(t, "proxy's port", connection.Get("proxy").AsMap().Get("port").AsNumber(), 22)
}

func TestTheConnectionIsSecretInTheState(t *testing.T) {
	sshd := sshtest.Start(t)
	for kind, more := range map[string]m{
		"remote:Command":      {"create": "true"},
		"remote:CopyToRemote": {"source": stringAsset(t, "x"), "remotePath": t.TempDir() + "/x"},
		"remote:CopyFile":     {"localPath": "copy_test.go", "remotePath": t.TempDir() + "/x"},
	} {
		unit := newUnit(t, kind)
		proxy := with(sshd.Connection(), m{"password": "x"})
		unit.up(with(more, m{"connection": with(sshd.Connection(), m{"proxy": proxy})}))
		for where, values := range map[string]property.Map{"inputs": unit.inputs, "state": unit.state} {
			equal(t, kind+": connection in "+where+" is secret", values.Get("connection").Secret(), true)
		}
		connection := unit.inputs.Get("connection").AsMap()
		equal(t, "privateKey is secret", connection.Get("privateKey").Secret(), true)
		equal(t, "proxy's password is secret", connection.Get("proxy").AsMap().Get("password").Secret(), true)
	}
}

// As with the published plugin, outputs are secret only by additionalSecretOutputs.
func TestSecretInputsStaySecretAndOutputsDoNotBecomeSo(t *testing.T) {
	for kind, base := range map[string]m{
		"remote:Command": {"connection": sshtest.Start(t).Connection()},
		"local:Command":  {},
	} {
		unit := newUnit(t, kind)
		unit.up(with(base, m{"create": secret("cat"), "stdin": secret("hidden")}))
		equal(t, "stdin is secret", unit.state.Get("stdin").Secret(), true)
		equal(t, "create is secret", unit.state.Get("create").Secret(), true)
		equal(t, "stdout is secret", unit.state.Get("stdout").Secret(), false)
		equal(t, "stdout", text(unit.state, "stdout"), "hidden")
	}
}

func TestAPreviewKnowsInputsAndNoOutputs(t *testing.T) {
	for kind, base := range map[string]m{
		"remote:Command": {"connection": m{"host": "nowhere"}},
		"local:Command":  {"dir": "/nowhere"},
	} {
		unit := newUnit(t, kind)
		unknown := resource.MakeComputed(resource.NewProperty(""))
		for _, inputs := range []m{{"create": "exit 1"}, {"create": unknown}, {"create": "exit 1", "environment": unknown}} {
			state := unit.preview(with(base, inputs))
			equal(t, "stdout is unknown", state.Get("stdout").IsComputed(), true)
			equal(t, "stderr is unknown", state.Get("stderr").IsComputed(), true)
			equal(t, "create is unknown", state.Get("create").IsComputed(), inputs["create"] == any(unknown))
		}
	}
}

func TestAPreviewOfAnUnknownHostDialsNothing(t *testing.T) {
	unknown := resource.MakeComputed(resource.NewProperty(""))
	state := newUnit(t, "remote:Command").preview(m{"connection": m{"host": unknown}, "create": "true"})
	equal(t, "host is unknown", state.Get("connection").AsMap().Get("host").IsComputed(), true)
	state = newUnit(t, "remote:Command").preview(m{"connection": unknown, "create": "true"})
	equal(t, "connection is unknown", state.Get("connection").HasComputed(), true)
}

func TestMissingInputsAreRefused(t *testing.T) {
	unit := newUnit(t, "remote:Command")
	_, failures := unit.tryCheck(m{"create": "true"})
	if len(failures) != 1 || !strings.Contains(failures[0].Reason, "Missing required field 'connection'") {
		t.Errorf("failures are %v", failures)
	}
}
