package workspace_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/legible-lang/legible/internal/workspace"
)

// tree makes files in a new folder. A content that begins with "-> " makes a link.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if target, ok := strings.CutPrefix(content, "-> "); ok {
			err = os.Symlink(filepath.FromSlash(target), path)
		} else {
			err = os.WriteFile(path, []byte(content), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// everywhere has each kind of folder and file. Those of the program have "own" in
// their name.
var everywhere = map[string]string{
	"own.app": "", "own.sync": "", "own.concept": "", "deep/er/own.scenario": "", "deep/own.sync": "", "notes.txt": "",
	".hidden.sync": "", ".git/x.sync": "", ".github/x.sync": "", "deep/.cache/x.sync": "",
	"testdata/x.sync": "", "deep/testdata/x.app": "", "node_modules/x/x.sync": "",
	"other/other.app": "", "other/x.sync": "", "other/deep/x.scenario": "",
	"module/go.mod": "", "module/x.sync": "", "module/deep/x.sync": "", "clone/.git": "", "clone/x.concept": "",
	"link-own.sync": "-> own.sync", "linked": "-> deep", "folder.sync": "-> deep", "real.sync/own.sync": "",
}

var own = []string{"deep/er/own.scenario", "deep/own.sync", "link-own.sync", "own.app", "own.concept", "own.sync", "real.sync/own.sync"}

// opened returns the names of the texts of the one program that a path stands for,
// relative to a folder.
func opened(t *testing.T, texts *workspace.Texts, dir, path string) []string {
	t.Helper()
	w, err := workspace.Open(texts, []string{path})
	if err != nil {
		t.Fatal(err)
	}
	if len(w.Programs) != 1 || w.Programs[0].Root != dir {
		t.Fatalf("%s stands for %d programs, the first in %s", path, len(w.Programs), w.Programs[0].Root)
	}
	var names []string
	for _, name := range w.Programs[0].Names {
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, filepath.ToSlash(rel))
	}
	return names
}

// TestNames finds the same texts in a file system and in a folder, from whatever path
// in it.
func TestNames(t *testing.T) {
	dir := tree(t, everywhere)
	names, err := workspace.Names(os.DirFS(dir))
	if err != nil || !slices.Equal(names, own) {
		t.Errorf("the texts of the file system are %v, %v; want %v", names, err, own)
	}
	for _, path := range []string{"", "own.app", "deep", "deep/er/own.scenario"} {
		if names := opened(t, &workspace.Texts{}, dir, filepath.Join(dir, path)); !slices.Equal(names, own) {
			t.Errorf("from %q the texts of the folder are %v, want %v", path, names, own)
		}
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if names := opened(t, &workspace.Texts{}, link, link); !slices.Equal(names, own) {
		t.Errorf("through a link the texts are %v, want %v", names, own)
	}
	// Another module or program is one of its own.
	for path, want := range map[string][]string{"module": {"deep/x.sync", "x.sync"}, "other": {"deep/x.scenario", "other.app", "x.sync"}} {
		at := filepath.Join(dir, path)
		names, err := workspace.Names(os.DirFS(at))
		if folder := opened(t, &workspace.Texts{}, at, at); err != nil || !slices.Equal(names, want) || !slices.Equal(folder, want) {
			t.Errorf("the texts of %s are %v and %v, %v; want %v", path, names, folder, err, want)
		}
	}
}

// TestUnsaved replaces a text and adds others; only those of the program count.
func TestUnsaved(t *testing.T) {
	dir := tree(t, everywhere)
	unsaved := map[string]string{
		"own.sync": "# changed\n", "new/own.sync": "# new\n",
		"testdata/new.sync": "", ".hidden/new.sync": "", "other/new.sync": "", "module/new.sync": "", "new.txt": "",
	}
	layer := fstest.MapFS{}
	texts := &workspace.Texts{}
	for name, content := range unsaved {
		layer[name] = &fstest.MapFile{Data: []byte(content)}
		texts.Put(filepath.Join(dir, filepath.FromSlash(name)), content)
	}
	want := append(slices.Clone(own), "new/own.sync")
	files, err := workspace.Read(os.DirFS(dir), layer)
	var names []string
	for _, f := range files {
		names = append(names, f.Name)
		if f.Text != unsaved[f.Name] {
			t.Errorf("the text of %s is %q, want %q", f.Name, f.Text, unsaved[f.Name])
		}
	}
	if folder := opened(t, texts, dir, dir); err != nil || !slices.Equal(names, want) || !slices.Equal(folder, want) {
		t.Errorf("the texts are %v and %v, %v; want %v", names, folder, err, want)
	}
	for name, content := range unsaved {
		text, err := texts.Read(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil || text.File.Text != content {
			t.Errorf("the text of %s is %v, %v; want %q", name, text, err, content)
		}
	}
	// A file that is nowhere else can be named, and is gone when it is forgotten.
	fresh := filepath.Join(dir, "new", "own.sync")
	if names := opened(t, texts, dir, fresh); !slices.Equal(names, want) {
		t.Errorf("from the new file the texts are %v, want %v", names, want)
	}
	texts.Forget(dir)
	if names := opened(t, texts, dir, dir); !slices.Equal(names, own) {
		t.Errorf("afterwards the texts are %v, want %v", names, own)
	}
}

// TestUnreadable reads files that cannot be read: each is an error that names it.
func TestUnreadable(t *testing.T) {
	check := func(dir, name string, want error) {
		t.Helper()
		_, read := workspace.Read(os.DirFS(dir))
		w, err := workspace.Open(&workspace.Texts{}, []string{dir})
		if err == nil {
			_, err = w.Check(w.Programs[0])
		}
		for _, err := range []error{read, err} {
			if !errors.Is(err, want) || !strings.Contains(err.Error(), name) {
				t.Errorf("the error is %v, want one of %s", err, name)
			}
		}
	}
	check(tree(t, map[string]string{"a.app": "", "lost.sync": "-> nowhere"}), "lost.sync", fs.ErrNotExist)
	if os.Geteuid() == 0 {
		return // root can read everything
	}
	for _, name := range []string{"closed.sync", "closed"} {
		dir := tree(t, map[string]string{"a.app": "", "closed.sync": "", "closed/a.sync": ""})
		if err := os.Chmod(filepath.Join(dir, name), 0); err != nil {
			t.Fatal(err)
		}
		check(dir, name, fs.ErrPermission)
		if err := os.Chmod(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
}
