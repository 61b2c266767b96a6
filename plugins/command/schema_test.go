package main

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
)

const sdk = "../../node_modules/@pulumi/command/"

// servedSchema is the part of a provider's schema that the tests read.
type servedSchema struct {
	Version          string
	Types, Resources map[string]struct {
		object
		InputProperties    map[string]field
		RequiredInputs     []string
		DeprecationMessage string
		Enum               []struct{ Value string }
	}
	Functions map[string]struct{ Inputs, Outputs object }
}

type object struct {
	Properties map[string]field
	Required   []string
}

type field struct {
	Secret, ReplaceOnChanges bool
	Default                  any
}

func served(t *testing.T) servedSchema {
	t.Helper()
	response, err := newServer(t).GetSchema(p.GetSchemaRequest{})
	must(t, err)
	var s servedSchema
	must(t, json.Unmarshal([]byte(response.Schema), &s))
	return s
}

// sdkFile returns a file of the npm package without its comments.
func sdkFile(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(sdk + name)
	if err != nil {
		t.Fatalf("%v\nthis test compares with the npm package: npm ci", err)
	}
	return regexp.MustCompile(`(?s)\s*/\*.*?\*/`).ReplaceAllString(string(content), "")
}

// members returns the properties of an interface or class in a .d.ts: "name", or "name?" for an optional one.
func members(t *testing.T, file, declaration string) []string {
	t.Helper()
	_, body, found := strings.Cut(sdkFile(t, file), declaration+" {\n")
	if !found {
		t.Fatalf("%s has no %q", file, declaration)
	}
	body = regexp.MustCompile(`\{\n[^{}]*\}`).ReplaceAllString(body, "{}") // map types
	body, _, _ = strings.Cut(body, "}\n")
	var all []string
	for _, member := range regexp.MustCompile(`(?m)^ +(?:readonly )?(\w+\??): (.*);$`).FindAllStringSubmatch(body, -1) {
		name := member[1]
		if strings.HasSuffix(member[2], "| undefined>") {
			name += "?"
		}
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// like returns a schema's properties in the form of members.
func like(properties map[string]field, required []string) []string {
	var all []string
	for name := range properties {
		if !slices.Contains(required, name) {
			name += "?"
		}
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

func TestTheSchemaIsThatOfTheSDK(t *testing.T) {
	s := served(t)
	equal(t, "version", s.Version, version)
	if !strings.Contains(sdkFile(t, "package.json"), fmt.Sprintf("%q: %q", "version", version)) {
		t.Errorf("the npm package isn't %s", version)
	}
	same := func(what string, got, want []string) {
		t.Helper()
		if len(want) == 0 || !slices.Equal(got, want) {
			t.Errorf("%s:\n  serves %v\n  in SDK %v", what, got, want)
		}
	}

	same("resources", names(s.Resources), sdkTokens(t, "resource"))
	for token, file := range map[string]string{
		"command:local:Command":       "local/command",
		"command:remote:Command":      "remote/command",
		"command:remote:CopyToRemote": "remote/copyToRemote",
		"command:remote:CopyFile":     "remote/copyFile",
	} {
		class := token[strings.LastIndex(token, ":")+1:]
		resource := s.Resources[token]
		same(token+" outputs", like(resource.Properties, resource.Required),
			members(t, file+".d.ts", "export declare class "+class+" extends pulumi.CustomResource"))
		same(token+" inputs", like(resource.InputProperties, resource.RequiredInputs),
			members(t, file+".d.ts", "export interface "+class+"Args"))

		code := sdkFile(t, file+".js")
		for name, input := range resource.InputProperties {
			secret := strings.Contains(code, fmt.Sprintf(`resourceInputs["%s"] = args?.%[1]s ? pulumi.secret(`, name))
			equal(t, token+" input "+name+" is secret", input.Secret, secret)
			replaces := strings.Contains(code, fmt.Sprintf(`replaceOnChanges: ["%s[*]"]`, name))
			equal(t, token+" input "+name+" replaces", input.ReplaceOnChanges, replaces)
		}
		for name, output := range resource.Properties {
			secret := strings.Contains(code, fmt.Sprintf(`additionalSecretOutputs: ["%s"]`, name))
			equal(t, token+" output "+name+" is secret", output.Secret, secret)
		}
		equal(t, token+" is deprecated", resource.DeprecationMessage != "", strings.Contains(code, "is deprecated"))
	}

	for _, name := range []string{"Connection", "ProxyConnection"} {
		connection := s.Types["command:remote:"+name]
		same(name, like(connection.Properties, connection.Required), members(t, "types/input.d.ts", "interface "+name+"Args"))
		same(name, like(connection.Properties, connection.Required), members(t, "types/output.d.ts", "interface "+name))
		defaults := sdkFile(t, "types/input.js")
		for property, is := range connection.Properties {
			value, _ := json.Marshal(is.Default)
			inSDK := fmt.Sprintf("%s: (val.%[1]s) ?? %s,", property, value)
			if is.Default != nil && strings.Count(defaults, inSDK) != 2 {
				t.Errorf("the SDK lacks the default %s", inSDK)
			}
			equal(t, name+" "+property+" has a default", is.Default != nil, strings.Contains(defaults, "(val."+property+") ??"))
			equal(t, name+" "+property+" is secret", is.Secret,
				slices.Contains([]string{"password", "privateKey", "privateKeyPassword"}, property))
		}
	}
	for _, module := range []string{"local", "remote"} {
		var values []string
		for _, value := range s.Types["command:"+module+":Logging"].Enum {
			values = append(values, value.Value)
		}
		same(module+" Logging", values, sdkMatches(t, "types/enums/"+module+"/index.d.ts", `: "(\w+)";`))
	}

	same("functions", names(s.Functions), sdkTokens(t, "invoke"))
	run := s.Functions["command:local:run"]
	same("run's arguments", like(run.Inputs.Properties, run.Inputs.Required), members(t, "local/run.d.ts", "export interface RunArgs"))
	same("run's result", like(run.Outputs.Properties, run.Outputs.Required), members(t, "local/run.d.ts", "export interface RunResult"))
}

// sdkTokens returns the tokens of the SDK's resources or functions.
func sdkTokens(t *testing.T, kind string) []string {
	t.Helper()
	var all []string
	if kind == "invoke" {
		all = sdkMatches(t, "local/run.js", `invoke\("([\w:]+)"`)
	} else {
		all = append(sdkMatches(t, "local/index.js", `case "([\w:]+)"`), sdkMatches(t, "remote/index.js", `case "([\w:]+)"`)...)
	}
	slices.Sort(all)
	return all
}

func sdkMatches(t *testing.T, file, pattern string) []string {
	t.Helper()
	var all []string
	for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(sdkFile(t, file), -1) {
		all = append(all, match[1])
	}
	return all
}
