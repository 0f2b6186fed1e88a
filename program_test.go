package legible_test

import (
	"io/fs"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/requesting"
	"github.com/legible-lang/legible/value"
)

// A countedFS counts the files that are opened.
type countedFS struct {
	fstest.MapFS
	opened *atomic.Int32
}

func (c countedFS) Open(name string) (fs.File, error) {
	if name == "a.app" {
		c.opened.Add(1)
	}
	return c.MapFS.Open(name)
}

func (c countedFS) ReadFile(name string) ([]byte, error) {
	if name == "a.app" {
		c.opened.Add(1)
	}
	return c.MapFS.ReadFile(name)
}

// TestAppsOfOneProgram opens a program many times at once: the texts are read once,
// and each app has concepts and state of its own.
func TestAppsOfOneProgram(t *testing.T) {
	var opened, made atomic.Int32
	concept := func() legible.Concept {
		made.Add(1)
		return keeping("        a text String\n        unique (text)\n")()
	}
	files := countedFS{fstest.MapFS{"a.app": {Data: []byte("app Notes\n\nuse Keeping\nuse Requesting\n\nopen POST \"/put\" \"a test\"\n")}}, &opened}
	files.MapFS["a.sync"] = &fstest.MapFile{Data: []byte(`sync Put
when
    Requesting.request (path: "/put", text) : (request)
then
    Keeping.put (text) : ()
    Requesting.respond (request)
`)}
	program := legible.New(files, concept, requesting.New)
	const apps = 8
	var all sync.WaitGroup
	for range apps {
		all.Go(func() {
			app, err := program.Open(t.Context(), legible.Options{Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Error(err)
				return
			}
			out, err := app.Ask(t.Context(), "Keeping.put", legible.Field{Name: "text", Value: value.String("Emma")})
			if err != nil || out.Fault != nil || out.Refused != nil {
				t.Errorf("an app of its own has %+v, %v", out, err)
			}
			if err := app.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := opened.Load(); n != 1 {
		t.Errorf("the text was read %d times", n)
	}
	if n := made.Load(); n != apps+1 {
		t.Errorf("the concept was made %d times: once to read its specification and once for each of %d apps", n, apps)
	}
}

// TestProgramThatFailedIsReadAgain: a text that could not be checked is read again by
// the next Open.
func TestProgramThatFailedIsReadAgain(t *testing.T) {
	files := fstest.MapFS{"a.app": {Data: []byte("app Notes\n\nuse Keping\n")}}
	program := legible.New(files, keeping("        a text String\n"))
	if _, err := program.Open(t.Context(), legible.Options{}); err == nil {
		t.Fatal("an unknown concept is accepted")
	}
	files["a.app"] = &fstest.MapFile{Data: []byte("app Notes\n\nuse Keeping\n")}
	app, err := program.Open(t.Context(), legible.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := app.Close(); err != nil {
		t.Error(err)
	}
}
