// Package scenario runs the scenarios of concepts and apps as Go tests.
//
//	func TestScenarios(t *testing.T) {
//		scenario.App(t, newProgram) // func newProgram() *legible.Program
//	}
//
// Its three main types are [Suite], a program with scenarios to run;
// [Failure], the message about a step that did not end as expected; and
// [Coverage], the lines of syncs that no scenario reached. Every scenario has
// its own app on a fresh memory store, with a clock that only the scenario
// moves, so scenarios are independent and run in parallel. A scenario stops at
// its first failure, because later steps depend on earlier ones. A step sees
// only what a client or a sync could see.
//
// The first use of a name in an expectation binds it; later uses compare. "_"
// expects any value. Fields that are not mentioned do not matter. A null is
// the same as no value.
//
// Calls, in the scenarios of concepts:
//
//	create (user: "u1") : (session)          must return, with these outputs
//	delete (session) : ()                    must return
//	delete (session)                         must return
//	delete (session) : refused UNKNOWN       must be refused with this code
//	delete (session) : (error: "No such.")   must be refused with this sentence
//	_getUser (session) : (user: "u1")        must give a row that fits
//	_getUser (session) : ()                  must give a row
//	_getUser (session) : none                must give no row
//
// A query may give further rows; names that are bound by its outputs get their
// values from the first row that fits. So several lines about the same question
// say which rows there are at least. The type parameters of a concept are
// plain strings.
//
// Requests, in the scenarios of apps:
//
//	GET /articles/{slug} {"limit": 10}
//	    bearer session
//	    cookie "session" session
//	    header "Accept-Language" "de"
//	    from "203.0.113.7"
//	    => 200 {"title": title, "tags": ["a", ...]}
//
// A name in braces in the path stands for its value, escaped. The fields of GET
// and HEAD are sent in the query string, those of other methods as a JSON body.
// Cookies are sent only where a line says so; cookie "session" _ sends what the
// app itself last set. A request comes from 192.0.2.1, unless a line says from
// where else. Fields that are left out of an expected record do not
// matter; a list has as many items as it says, unless it ends in "...". Where
// no answer is expected, any below status 500 will do. What is no JSON is held
// against a string.
//
// In both:
//
//	in Library: owner of document is user    gives at least one frame
//	no in Library: document is a Document    gives none
//	after "31 days"                          the clock goes on, and what the
//	                                         runtime starts by then runs
//	fired LogIn once                         in the flow of the last request;
//	                                         a firing of an else counts too
//
// A time is written as Go writes durations, or in days and weeks: "90m",
// "1 day", "2 weeks".
package scenario

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/event"
	"github.com/legible-lang/legible/internal/private"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/internal/workspace"
)

// A Suite is an app with scenarios to run. Only Program is required.
type Suite struct {
	// Program returns the program. It is called for each scenario, so that its
	// concepts share nothing.
	Program func() *legible.Program
	// Options are those of the app. The runner sets Store, Clock, Log and
	// HTTP.Prefix: paths in scenarios are those of the syncs.
	Options legible.Options
	// FullCoverage makes the test fail when all scenarios pass but do not
	// reach every line of every sync.
	FullCoverage bool
}

// App plays all scenarios of an app, each as a parallel subtest: those among
// its texts, and those in .scenario files in the folder of the test and below,
// so that a program need not carry its tests.
func App(t *testing.T, program func() *legible.Program) {
	t.Helper()
	Suite{Program: program}.Run(t)
}

// Run plays all scenarios of the app, each as a parallel subtest, and logs
// which lines of the syncs none of them reached.
func (s Suite) Run(t *testing.T) {
	t.Helper()
	if folder := os.Getenv(event.Replay); folder != "" {
		s.replay(t, folder)
		return
	}
	beside, err := scenariosIn(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	program := func() *legible.Program { return s.Program().With(beside) }
	stage{of: "app", program: program, options: s.Options, full: s.FullCoverage,
		scenarios: func(p *check.Program) []*syntax.Scenario { return once(p.Scenarios) }}.run(t)
}

// once leaves out what is there again: an app may carry the files beside the
// test under other names.
func once(all []*syntax.Scenario) []*syntax.Scenario {
	seen := map[string]bool{}
	var list []*syntax.Scenario
	for _, s := range all {
		if text := s.Span.Text(); !seen[text] {
			seen[text] = true
			list = append(list, s)
		}
	}
	return list
}

// Concept plays the scenarios in a concept's own specification, each as a
// parallel subtest. The files that they name are beside the specification: in
// the folder of the test, or in that of Concept.File if this has one.
func Concept(t *testing.T, make func() legible.Concept) {
	t.Helper()
	name := conceptName(make())
	files := fstest.MapFS{"the concept alone.app": {Data: []byte("app " + name + "Alone\n\nuse " + name + "\n")}}
	stage{of: "concept", name: name, program: func() *legible.Program { return legible.New(files, make) },
		scenarios: func(p *check.Program) []*syntax.Scenario {
			if c := p.Concepts[name]; c != nil {
				return c.Tree.Scenarios
			}
			return nil
		}}.run(t)
}

// scenariosIn returns the .scenario files of the program in a folder.
func scenariosIn(dir fs.FS) (fs.FS, error) {
	names, err := workspace.Names(dir)
	found := fstest.MapFS{}
	for _, name := range names {
		if path.Ext(name) != ".scenario" {
			continue
		}
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, fmt.Errorf("reading scenarios: %w", err)
		}
		found[name] = &fstest.MapFile{Data: text}
	}
	return found, err
}

// conceptName reads the name that a specification gives its concept.
func conceptName(c legible.Concept) string {
	tree, _ := syntax.Parse(source.NewFile(c.File, c.Spec))
	for _, spec := range tree.Concepts {
		if spec.Name.Text != "" {
			return spec.Name.Text
		}
	}
	base := strings.TrimSuffix(path.Base(c.File), ".concept")
	return strings.ToUpper(base[:min(1, len(base))]) + base[min(1, len(base)):]
}

// A stage is a program and which scenarios of it are to be played.
type stage struct {
	of, name  string
	program   func() *legible.Program
	options   legible.Options
	full      bool
	scenarios func(*check.Program) []*syntax.Scenario
}

func (st stage) run(t *testing.T) {
	t.Helper()
	program, findings, err := st.program().Checked(private.Access{})
	if err == nil && diag.HasErrors(findings) {
		err = broken(findings)
	}
	if err == nil && st.name == "" {
		st.name = program.Name
	}
	out, eventErr := event.NewWriter(event.Event{Test: t.Name(), Program: st.name, Of: st.of})
	if eventErr != nil {
		t.Fatal(eventErr)
	}
	tell := func(e event.Event) {
		if err := out.Write(e); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(func() {
		if err := out.Close(); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		lines := strings.Split(err.Error(), "\n")
		tell(event.Event{Event: event.Broken, Failure: lines[0], Details: lines[1:]})
		t.Fatal(err)
	}
	chosen, err := event.Chosen()
	if err != nil {
		t.Fatal(err)
	}
	all := st.scenarios(program.Program)
	if len(all) == 0 {
		err := errors.New("the " + st.of + " " + st.name + " has no scenarios")
		tell(event.Event{Event: event.Broken, Failure: err.Error()})
		t.Fatal(err)
	}
	tell(event.Event{Event: event.Suite, Scenarios: len(all)})
	var mu sync.Mutex
	total := &Coverage{}
	played, passed := 0, 0
	for i, s := range all {
		if chosen != nil && !chosen(s.Title) {
			continue
		}
		t.Run(s.Title, func(t *testing.T) {
			t.Helper()
			t.Parallel()
			reached, failure := st.play(t.Context(), i)
			e := event.Event{Event: event.Scenario, Number: i + 1, Title: s.Title, Place: s.Span.String(), Passed: failure == nil}
			if failure != nil {
				e.Place, e.Failure, e.Details = failure.Place(), failure.Message, failure.Details()
			}
			mu.Lock()
			defer mu.Unlock()
			tell(e)
			total.merge(reached)
			played++
			if failure != nil {
				t.Error(failure.String())
				return
			}
			passed++
		})
	}
	// Subtests are parallel: they are done when the cleanup of their parent runs.
	t.Cleanup(func() {
		t.Helper()
		if played < len(all) || st.of == "concept" {
			return // what some scenarios do not reach says nothing
		}
		tell(event.Event{Event: event.Coverage, Clauses: len(total.Clauses), Unreached: total.unreached(), Demanded: st.full})
		if st.full && passed == played && len(total.unreached()) > 0 {
			t.Error(total.String())
			return
		}
		t.Log(total.String())
	})
}

// play plays one scenario on an app of its own.
func (st stage) play(ctx context.Context, i int) (*Coverage, *Failure) {
	w, err := open(ctx, st.program(), st.options)
	if err != nil {
		return nil, &Failure{Message: err.Error()}
	}
	failure := w.play(st.scenarios(w.plan.Program)[i])
	if err := w.app.Close(); err != nil && failure == nil {
		failure = &Failure{Message: "closing the app: " + err.Error()}
	}
	return w.coverage(), failure
}

// broken is the error of a program that does not pass the checker.
func broken(findings []diag.Diagnostic) error {
	var text bytes.Buffer
	text.WriteString("the program does not pass the checker:\n")
	for _, d := range findings {
		if d.Severity == diag.Error {
			fmt.Fprintf(&text, "%s: %s\n", d.Span, d.Message)
		}
	}
	return fmt.Errorf("%s", strings.TrimSuffix(text.String(), "\n"))
}
