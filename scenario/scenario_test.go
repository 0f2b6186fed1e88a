package scenario

import (
	"crypto/sha256"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/requesting"
	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

// TestConcept runs the scenarios of the concept that the other tests use.
func TestConcept(t *testing.T) { Concept(t, shelving(shelvingSpec)) }

// shelf is an app of one sync with these scenarios.
func shelf(scenarios string) *legible.Program {
	return legible.New(fstest.MapFS{
		"shelf.app": {Data: []byte("app Shelf\n\nuse Requesting\nuse Shelving\n")},
		"shelf.sync": {Data: []byte(`sync AddBook
when
    Requesting.request (path: "/books", owner, title) : (request)
then
    Shelving.add (owner, title) : (book)
    Requesting.respond (request, book)

sync Panic
when
    Requesting.request (path: "/panic") : (request)
then
    Shelving.panic () : ()
    Requesting.respond (request)
`)},
		"shelf.scenario": {Data: []byte(scenarios)},
	}, requesting.New, shelving(shelvingSpec))
}

// TestSuite runs the scenarios of an app as its users do, including those in the
// folder of the test, which is testdata/beside.
func TestSuite(t *testing.T) {
	t.Chdir("testdata/beside")
	var rested atomic.Int32
	Suite{
		Program: func() *legible.Program {
			return shelf("scenario carried by the program\n    POST /books {\"owner\": \"ann\"} => 400\n")
		},
		Options: legible.Options{Recorder: func(_ value.ID, _ []byte, end bool) {
			if end {
				rested.Add(1)
			}
		}},
	}.Run(t)
	t.Cleanup(func() {
		if n := rested.Load(); n != 1 {
			t.Errorf("%d flows were recorded, want that of the request beside the test", n)
		}
	})
}

// TestScenariosDoNotSeeOneAnother runs one scenario twice.
func TestScenariosDoNotSeeOneAnother(t *testing.T) {
	add := "    POST /books {\"owner\": \"ann\", \"title\": \"Emma\"} => 200\n"
	App(t, func() *legible.Program { return shelf("scenario one\n" + add + "\nscenario two\n" + add) })
}

// TestPanic checks that a panic in a concept is reported with its stack.
func TestPanic(t *testing.T) {
	st := stage{of: "app", program: func() *legible.Program { return shelf("scenario panic\n    POST /panic => 200\n") },
		scenarios: func(p *check.Program) []*syntax.Scenario { return p.Scenarios }}
	_, failure := st.play(t.Context(), 0)
	if failure == nil {
		t.Fatal("a panic passes")
	}
	for _, want := range []string{"faulted: panic: a bookworm (scenario/shelving_test.go:", "shelving_test.go:"} {
		if !strings.Contains(failure.String(), want) {
			t.Errorf("the failure does not say %q:\n%s", want, failure)
		}
	}
}

func TestDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"90m": 90 * time.Minute, "1h30m": 90 * time.Minute, "0s": 0,
		"1 day": 24 * time.Hour, "31 days": 744 * time.Hour, "2 weeks": 336 * time.Hour,
		"36 hours": 36 * time.Hour, "1 minute": time.Minute, "5 seconds": 5 * time.Second,
	} {
		if got, err := duration(text); err != nil || got != want {
			t.Errorf("duration(%q) is %s, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "day", "-1 days", "-5m", "1.5 days", "1 month", "99999 weeks", "1 day 2 hours", "90"} {
		if got, err := duration(text); err == nil {
			t.Errorf("duration(%q) is %s, want an error", text, got)
		}
	}
}

func TestScenariosIn(t *testing.T) {
	some := &fstest.MapFile{Data: []byte("scenario x\n")}
	tree := fstest.MapFS{
		"a.scenario": some, "deep/er/b.scenario": some, "a.txt": some,
		"testdata/c.scenario": some, ".git/d.scenario": some, "node_modules/e.scenario": some,
		"other/other.app": some, "other/f.scenario": some,
	}
	below := func() string {
		files, err := scenariosIn(tree)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for name := range files.(fstest.MapFS) {
			names = append(names, name)
		}
		slices.Sort(names)
		return strings.Join(names, " ")
	}
	if got, want := below(), "a.scenario deep/er/b.scenario other/f.scenario"; got != want {
		t.Errorf("where the app is below, the scenarios are %s, want %s", got, want)
	}
	tree["own.app"] = some
	if got, want := below(), "a.scenario deep/er/b.scenario"; got != want {
		t.Errorf("beside another app, the scenarios are %s, want %s", got, want)
	}
}

func TestOnce(t *testing.T) {
	read := func(name, text string) []*syntax.Scenario {
		tree, _ := syntax.Parse(source.NewFile(name, text))
		return tree.Scenarios
	}
	one := "scenario one\n    POST /a => 200\n"
	all := append(read("a", one), read("b", "\n"+one+"\nscenario one\n    POST /b => 200\n")...)
	if got := once(all); len(got) != 2 || got[0].Span.File.Name != "a" || got[1].Steps[0].HTTP.Path != "/b" {
		t.Errorf("of a scenario in two files and another one, %d are left, want 2", len(got))
	}
}

func TestSame(t *testing.T) {
	noon := time.Date(2030, 1, 31, 12, 0, 0, 0, time.UTC)
	blob := value.Binary(&value.Blob{Hash: sha256.Sum256([]byte("a book")), Size: 6})
	text := value.String
	for _, c := range []struct {
		a, b value.Value
		want bool
	}{
		{value.Null, value.Value{}, true},
		{value.Null, text(""), false},
		{text("Emma"), value.Secret(text("Emma")), true},
		{text("2030-01-31T13:00:00+01:00"), value.Time(noon), true},
		{text("2030-01-31T13:00:00Z"), value.Time(noon), false},
		{text("noon"), value.Time(noon), false},
		{text("YSBib29r"), blob, true},
		{text("YSBsb29r"), blob, false},
		{text("a book"), blob, false},
		{text("1"), value.Number(1), false},
		{blob, blob, true},
	} {
		if same(c.a, c.b) != c.want || same(c.b, c.a) != c.want {
			t.Errorf("that %s and %s are the same is not %t", c.a, c.b, c.want)
		}
	}
}
