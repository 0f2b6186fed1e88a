package mutation

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/annotation"
	"github.com/legible-lang/legible/concepts/focusstats"
	"github.com/legible-lang/legible/concepts/library"
	"github.com/legible-lang/legible/concepts/limiting"
	"github.com/legible-lang/legible/concepts/profile"
	"github.com/legible-lang/legible/concepts/requesting"
	"github.com/legible-lang/legible/concepts/sessioning"
	"github.com/legible-lang/legible/concepts/textsettings"
	"github.com/legible-lang/legible/internal/mutation/programs/borrowing"
	"github.com/legible-lang/legible/internal/mutation/programs/noticing"
	"github.com/legible-lang/legible/internal/mutation/programs/queueing"
	"github.com/legible-lang/legible/internal/mutation/programs/roles"
	"github.com/legible-lang/legible/internal/mutation/programs/signing"
	"github.com/legible-lang/legible/internal/mutation/programs/stocking"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/workspace"
	"github.com/legible-lang/legible/value"
)

// A sample is a program of the table: where its texts are, and its concepts.
type sample struct {
	name     string
	texts    func(root string) ([]*source.File, error)
	concepts []func() legible.Concept
}

// samples are the programs of the table. A further program is one line here.
func samples() []sample {
	return []sample{
		{"focusreader", folder("apps/focusreader"), readerConcepts()},
		{"toolshed", own("toolshed"), []func() legible.Concept{requesting.New, quickProfile, sessioning.New, roles.New, stocking.New, borrowing.New,
			queueing.New, noticing.New}},
		{"guestbook", guestBook, []func() legible.Concept{requesting.New, quickProfile, sessioning.New, signing.New}},
	}
}

func readerConcepts() []func() legible.Concept {
	return []func() legible.Concept{requesting.New, quickProfile, sessioning.New, limiting.With(usualLimits()),
		library.New, annotation.New, focusstats.New, textsettings.New}
}

// LoadReader loads a program that uses the concepts of FocusReader.
func LoadReader(name string, files []*source.File) (*Program, error) {
	return Load(name, files, readerConcepts()...)
}

// Programs loads the programs of the table. The root is the folder of the module, and
// must be the working directory.
func Programs(root string) ([]*Program, error) {
	var all []*Program
	for _, s := range samples() {
		files, err := s.texts(root)
		if err != nil {
			return nil, fmt.Errorf("reading the program %s: %w", s.name, err)
		}
		p, err := Load(s.name, files, s.concepts...)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// folder reads the texts of an app in a folder of the module. Their names are relative to
// the module, where scenarios look for the files that they send.
func folder(name string) func(string) ([]*source.File, error) {
	return func(root string) ([]*source.File, error) {
		files, err := workspace.Read(os.DirFS(filepath.Join(root, filepath.FromSlash(name))))
		var own []*source.File
		for _, f := range files {
			if !strings.HasSuffix(f.Name, ".concept") { // those come with the Go code
				own = append(own, source.NewFile(path.Join(name, f.Name), f.Text))
			}
		}
		return own, err
	}
}

// own reads the texts of a program in testdata.
func own(name string) func(string) ([]*source.File, error) {
	return func(root string) ([]*source.File, error) {
		return workspace.Read(os.DirFS(filepath.Join(root, "internal", "mutation", "testdata", name)))
	}
}

// An example of the tutorial: "```sync in book.sync".
var example = regexp.MustCompile("(?ms)^```(?:app|sync|scenario) in (\\S+)\n(.*?)^```$")

// guestBook reads the program that the tutorial develops, and the scenarios in testdata
// that go further than the tutorial's.
func guestBook(root string) ([]*source.File, error) {
	page, err := os.ReadFile(filepath.Join(root, "docs", "tutorial.md"))
	if err != nil {
		return nil, err
	}
	var files []*source.File
	for _, m := range example.FindAllStringSubmatch(string(page), -1) {
		files = append(files, source.NewFile(m[1], m[2]))
	}
	const more = "further.scenario"
	text, err := os.ReadFile(filepath.Join(root, "internal", "mutation", "testdata", "guestbook", more))
	return append(files, source.NewFile(more, string(text))), err
}

// usualLimits are those of FocusReader.
func usualLimits() limiting.Options {
	name, address := limiting.Budget{Tries: 10, Every: 15 * time.Minute}, limiting.Budget{Tries: 100, Every: time.Minute}
	return limiting.Options{Budgets: map[string]limiting.Budget{"name": name, "session": name, "address": address, "account": address}}
}

// quickProfile is Profile with little work for a password. While the password "crowded
// horse" is looked at, too many others are.
func quickProfile() legible.Concept {
	c := profile.With(profile.Options{Memory: 8, Time: 1, Threads: 1, RefuseCommon: true})()
	build := c.Build
	c.Build = func(i *legible.Instance) legible.Methods {
		m := build(i)
		for _, name := range []string{"authenticate", "changePassword"} {
			method := m.Actions[name]
			m.Actions[name] = func(ctx legible.Context, in, out []value.Value) error {
				const password = 1 // the place of authenticate's password, and of the old one
				if text, _ := in[password].Reveal().Text(); text == "crowded horse" {
					return &legible.Refusal{Code: profile.ErrBusy.Code, After: time.Second}
				}
				return method(ctx, in, out)
			}
		}
		return m
	}
	return c
}
