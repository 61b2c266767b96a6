package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/blang/semver"
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/integration"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

func TestMain(m *testing.M) {
	os.Unsetenv("SSH_AUTH_SOCK") // the agent of whoever runs the tests
	slog.SetDefault(slog.New(slog.DiscardHandler))
	os.Exit(m.Run())
}

// m is short for properties, as a program writes them.
type m = map[string]any

func properties(values m) property.Map {
	return resource.FromResourcePropertyMap(resource.NewPropertyMapFromMap(values))
}

func secret(value any) any { return resource.MakeSecret(resource.NewPropertyValue(value)) }

func text(s property.Map, name string) string { return s.Get(name).AsString() }

// with merges several sets of inputs; the last one wins.
func with(all ...m) m {
	merged := m{}
	for _, values := range all {
		for name, value := range values {
			merged[name] = value
		}
	}
	return merged
}

// unit is a resource, and a small engine that drives it.
type unit struct {
	testing.TB
	server integration.Server
	urn    resource.URN

	id            string
	inputs, state property.Map
}

// newUnit returns a resource of a type such as "remote:Command".
func newUnit(t testing.TB, kind string) *unit {
	t.Helper()
	urn := resource.NewURN("test", "test", "", tokens.Type(name+":"+kind), "unit")
	return &unit{TB: t, server: newServer(t), urn: urn}
}

func newServer(t testing.TB) integration.Server {
	t.Helper()
	server, err := integration.NewServer(t.Context(), name, semver.MustParse(version), integration.WithProvider(provider()))
	must(t, err)
	return server
}

func (u *unit) check(inputs m) property.Map {
	u.Helper()
	checked, failures := u.tryCheck(inputs)
	if len(failures) > 0 {
		u.Fatalf("inputs refused: %v", failures)
	}
	return checked
}

func (u *unit) tryCheck(inputs m) (property.Map, []p.CheckFailure) {
	u.Helper()
	response, err := u.server.Check(p.CheckRequest{Urn: u.urn, State: u.inputs, Inputs: properties(inputs)})
	must(u, err)
	return sent(u, response.Inputs), response.Failures
}

// up does to the resource what `pulumi up` does, and returns the operation: same, create, update or replace.
func (u *unit) up(inputs m) string {
	u.Helper()
	did, err := u.tryUp(inputs)
	must(u, err)
	return did
}

func (u *unit) tryUp(inputs m) (string, error) {
	u.Helper()
	news := u.check(inputs)
	if u.id == "" {
		return "create", u.create(news)
	}
	diff, err := u.server.Diff(p.DiffRequest{ID: u.id, Urn: u.urn, State: u.state, OldInputs: u.inputs, Inputs: news})
	must(u, err)
	if !diff.HasChanges {
		return "same", nil
	}
	for path, change := range diff.DetailedDiff {
		// The SDK asks the engine for the second: replaceOnChanges: ["triggers[*]"].
		if strings.HasSuffix(string(change.Kind), "&replace") || strings.HasPrefix(path, "triggers[") {
			old := *u
			err := u.create(news)
			if err == nil {
				old.down()
			}
			return "replace", err
		}
	}
	response, err := u.server.Update(p.UpdateRequest{ID: u.id, Urn: u.urn, State: u.state, OldInputs: u.inputs, Inputs: news})
	if err == nil {
		u.inputs, u.state = news, sent(u, response.Properties)
	}
	return "update", err
}

func (u *unit) create(inputs property.Map) error {
	response, err := u.server.Create(p.CreateRequest{Urn: u.urn, Properties: inputs})
	if err == nil {
		u.id, u.inputs, u.state = response.ID, inputs, sent(u, response.Properties)
	}
	return err
}

// preview returns the state that a preview shows.
func (u *unit) preview(inputs m) property.Map {
	u.Helper()
	news := u.check(inputs)
	if u.id == "" {
		response, err := u.server.Create(p.CreateRequest{Urn: u.urn, Properties: news, DryRun: true})
		must(u, err)
		return sent(u, response.Properties)
	}
	response, err := u.server.Update(p.UpdateRequest{
		ID: u.id, Urn: u.urn, State: u.state, OldInputs: u.inputs, Inputs: news, DryRun: true,
	})
	must(u, err)
	return sent(u, response.Properties)
}

// sent returns properties after their transport to the engine, which turns maps into assets.
func sent(t testing.TB, values property.Map) property.Map {
	t.Helper()
	options := plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true}
	wire, err := plugin.MarshalProperties(resource.ToResourcePropertyMap(values), options)
	must(t, err)
	arrived, err := plugin.UnmarshalProperties(wire, options)
	must(t, err)
	return resource.FromResourcePropertyMap(arrived)
}

func (u *unit) down() {
	u.Helper()
	must(u, u.tryDown())
}

func (u *unit) tryDown() error {
	return u.server.Delete(p.DeleteRequest{ID: u.id, Urn: u.urn, Properties: u.state, OldInputs: u.inputs})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// failsWith fails the test unless the error contains each of the texts.
func failsWith(t testing.TB, err error, texts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", texts)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error %q lacks %q", err, text)
		}
	}
}

// logged collects the messages to Pulumi's display until the test ends.
func logged(t testing.TB) fmt.Stringer {
	t.Helper()
	log := &lockedLog{}
	before := slog.Default()
	slog.SetDefault(slog.New(log))
	t.Cleanup(func() { slog.SetDefault(before) })
	return log
}

type lockedLog struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lockedLog) Handle(_ context.Context, record slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(&l.text, "%s %s\n", record.Level, record.Message)
	return nil
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *lockedLog) Enabled(context.Context, slog.Level) bool { return true }
func (l *lockedLog) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *lockedLog) WithGroup(string) slog.Handler            { return l }
