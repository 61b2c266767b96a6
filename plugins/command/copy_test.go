package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"kubeadm-kafka/plugins/command/internal/sshtest"
)

// host has the sources and the target of copies. Both are local, since the server is.
type host struct {
	*sshtest.Server
	src, dst string
}

func newHost(t *testing.T) *host {
	t.Helper()
	h := &host{sshtest.Start(t), t.TempDir(), t.TempDir()}
	h.write(t, h.src, "file", "new")
	h.write(t, h.src, "packed.tar", emptyTar)
	h.write(t, h.src, "folder/a", "new a")
	h.write(t, h.src, "folder/deep/b", "new b")
	must(t, os.MkdirAll(filepath.Join(h.src, "folder/empty"), 0o755))
	return h
}

func (h *host) write(t *testing.T, root, name, content string) {
	t.Helper()
	file := filepath.Join(root, name)
	must(t, os.MkdirAll(filepath.Dir(file), 0o755))
	must(t, os.WriteFile(file, []byte(content), 0o644))
}

// tree returns dst's contents, as "path=content" or "path/".
func (h *host) tree(t *testing.T) string {
	t.Helper()
	var all []string
	must(t, filepath.WalkDir(h.dst, func(path string, entry os.DirEntry, err error) error {
		name, _ := filepath.Rel(h.dst, path)
		switch {
		case err != nil || name == ".":
			return err
		case entry.IsDir():
			all = append(all, name+"/")
		default:
			all = append(all, name+"="+read(t, path))
		}
		return nil
	}))
	return strings.Join(all, " ")
}

func (h *host) file(t *testing.T, name string) any {
	t.Helper()
	asset, err := resource.NewPathAsset(filepath.Join(h.src, name))
	must(t, err)
	return asset
}

func (h *host) archive(t *testing.T, name string) any {
	t.Helper()
	archive, err := resource.NewPathArchive(h.src + "/" + name)
	must(t, err)
	return archive
}

func stringAsset(t *testing.T, content string) any {
	t.Helper()
	asset, err := resource.NewTextAsset(content)
	must(t, err)
	return asset
}

var emptyTar = strings.Repeat("\x00", 1024)

const copied = "folder/ folder/a=new a folder/deep/ folder/deep/b=new b folder/empty/"

func TestWhereACopyGoes(t *testing.T) {
	file := func(t *testing.T, h *host) any { return h.file(t, "file") }
	packed := func(t *testing.T, h *host) any { return h.archive(t, "packed.tar") }
	folder := func(t *testing.T, h *host) any { return h.archive(t, "folder") }
	contents := func(t *testing.T, h *host) any { return h.archive(t, "folder/") }
	content := func(t *testing.T, _ *host) any { return stringAsset(t, "new") }

	for name, c := range map[string]struct {
		source func(*testing.T, *host) any
		there  map[string]string // before the copy
		to     string
		want   string // in dst after it, or the error
	}{
		"a file to nothing":               {file, nil, "x", "x=new"},
		"a file to nothing, deep":         {file, nil, "d/e/x", "d/ d/e/ d/e/x=new"},
		"a file to a file":                {file, map[string]string{"x": "much older"}, "x", "x=new"},
		"a file to a folder":              {file, map[string]string{"d/y": "y"}, "d", "d/ d/file=new d/y=y"},
		"a file into a folder's file":     {file, map[string]string{"d/file": "much older"}, "d", "d/ d/file=new"},
		"an archive file, not unpacked":   {packed, nil, "x", "x=" + emptyTar},
		"a folder to a folder":            {folder, nil, ".", copied},
		"a folder over itself":            {folder, map[string]string{"folder/a": "much older", "folder/c": "c"}, ".", strings.Replace(copied, "new a", "new a folder/c=c", 1)},
		"a folder to nothing":             {folder, nil, "d/e", "d/ d/e/ d/e/" + strings.ReplaceAll(copied, " folder", " d/e/folder")},
		"a folder to a file":              {folder, map[string]string{"x": "x"}, "x", "ERROR failed to create remote directory"},
		"a folder over a file":            {folder, map[string]string{"folder": "x"}, ".", "ERROR exists but is not a directory"},
		"a folder's contents to a folder": {contents, map[string]string{"d/a": "old", "d/c": "c"}, "d", "d/ d/a=new a d/c=c d/deep/ d/deep/b=new b d/empty/"},
		"a folder's contents to nothing":  {contents, nil, "d/e", "d/ d/e/ d/e/a=new a d/e/deep/ d/e/deep/b=new b d/e/empty/"},
		"a folder's contents to a file":   {contents, map[string]string{"x": "x"}, "x", "ERROR exists but is not a directory"},
		"a text to nothing, deep":         {content, nil, "d/x", "d/ d/x=new"},
		"a text to a file":                {content, map[string]string{"x": "much older"}, "x", "x=new"},
		"a text to a folder":              {content, map[string]string{"d/y": "y"}, "d", "ERROR is a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			for name, content := range c.there {
				h.write(t, h.dst, name, content)
			}
			_, err := newUnit(t, "remote:CopyToRemote").tryUp(m{
				"connection": h.Connection(), "source": c.source(t, h), "remotePath": filepath.Join(h.dst, c.to),
			})
			if text, isError := strings.CutPrefix(c.want, "ERROR "); isError {
				failsWith(t, err, text)
				return
			}
			must(t, err)
			equal(t, "the tree", h.tree(t), c.want)
		})
	}
}

func TestACopyIsRepeatedForNewContentNewPathOrTrigger(t *testing.T) {
	h := newHost(t)
	unit := newUnit(t, "remote:CopyToRemote")
	inputs := m{"connection": h.Connection(), "source": stringAsset(t, "one"), "remotePath": filepath.Join(h.dst, "x")}
	equal(t, "first up", unit.up(inputs), "create")
	equal(t, "length of the id", len(unit.id), 8)
	equal(t, "second up", unit.up(inputs), "same")
	h.write(t, h.dst, "x", "changed by hand")

	equal(t, "up with another limit", unit.up(with(inputs, m{"connection": with(h.Connection(), m{"dialErrorLimit": 1})})), "update")
	equal(t, "the tree", h.tree(t), "x=changed by hand")
	equal(t, "up with a trigger", unit.up(with(inputs, m{"triggers": []any{1}})), "replace")
	equal(t, "the tree after a trigger", h.tree(t), "x=one")
	inputs["triggers"] = []any{1}
	inputs["source"] = stringAsset(t, "two")
	equal(t, "up with another text", unit.up(inputs), "update")
	equal(t, "the tree after another text", h.tree(t), "x=two")
	equal(t, "up with another path", unit.up(with(inputs, m{"remotePath": filepath.Join(h.dst, "y")})), "update")
	unit.down()
	equal(t, "the tree after down", h.tree(t), "x=two y=two")
}

func TestAChangedFileIsCopiedAgain(t *testing.T) {
	h := newHost(t)
	unit := newUnit(t, "remote:CopyToRemote")
	inputs := func() m {
		return m{"connection": h.Connection(), "source": h.archive(t, "folder"), "remotePath": h.dst}
	}
	unit.up(inputs())
	equal(t, "second up", unit.up(inputs()), "same")
	h.write(t, h.src, "folder/a", "newer")
	equal(t, "up after a change", unit.up(inputs()), "update")
	equal(t, "the copy", read(t, filepath.Join(h.dst, "folder/a")), "newer")
}

func TestSourcesThatCantBeCopiedAreRefused(t *testing.T) {
	server := httptest.NewServer(http.FileServer(http.Dir(".")))
	t.Cleanup(server.Close)
	web, err := resource.NewURIAsset(server.URL)
	must(t, err)
	members, err := resource.NewAssetArchive(map[string]any{"x": stringAsset(t, "x")})
	must(t, err)
	for property, source := range map[string]any{"asset": web, "archive": members} {
		_, failures := newUnit(t, "remote:CopyToRemote").tryCheck(m{
			"connection": m{"host": "nowhere"}, "source": source, "remotePath": "/x",
		})
		equal(t, "failures", len(failures), 1)
		equal(t, "property", failures[0].Property, property)
	}
}

func TestALocalFileThatIsMissingFails(t *testing.T) {
	h := newHost(t)
	source := h.file(t, "file")
	must(t, os.Remove(filepath.Join(h.src, "file")))
	_, err := newUnit(t, "remote:CopyToRemote").tryUp(m{"connection": h.Connection(), "source": source, "remotePath": "/x"})
	failsWith(t, err, "no such file or directory")
}

func TestCopyFileOverwritesAndIsReplacedByAnyChange(t *testing.T) {
	h := newHost(t)
	h.write(t, h.dst, "x", "much older")
	unit := newUnit(t, "remote:CopyFile")
	inputs := m{
		"connection": h.Connection(), "localPath": filepath.Join(h.src, "file"), "remotePath": filepath.Join(h.dst, "x"),
	}
	equal(t, "first up", unit.up(inputs), "create")
	equal(t, "second up", unit.up(inputs), "same")
	equal(t, "the tree", h.tree(t), "x=new")
	equal(t, "up with another path", unit.up(with(inputs, m{"remotePath": filepath.Join(h.dst, "y")})), "replace")
	equal(t, "the tree", h.tree(t), "x=new y=new")
}
