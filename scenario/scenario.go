// Package scenario runs the scenarios of concepts and apps as Go tests.
//
//	func TestScenarios(t *testing.T) {
//		scenario.App(t, newProgram) // func newProgram() *legible.Program
//	}
//
// Its three main types are [Suite], a program with scenarios to run;
// [Failure], the message about a step that did not end as expected; and
// [Coverage], the lines of syncs that no scenario reached. Every scenario has
// its own app on a new memory store, with a clock that only the scenario
// advances, so scenarios are independent and run in parallel. A scenario stops at
// its first failure, because later steps depend on earlier ones. A step sees
// only what a client or a sync could see.
//
// The first use of a name in an expectation binds it; later uses compare. "_"
// expects any value. Fields that are not mentioned do not matter. Null is the same
// as an absent value.
//
// Calls, in the scenarios of concepts:
//
//	create (user: "u1") : (session)          must return, with these outputs
//	delete (session) : ()                    must return
//	delete (session)                         must return
//	delete (session) : refused UNKNOWN       must be refused with this code
//	delete (session) : (error: "No such.")   must be refused with this sentence
//	_getUser (session) : (user: "u1")        must return a row that matches
//	_getUser (session) : ()                  must return a row
//	_getUser (session) : none                must return no row
//
// A query may return further rows; names that its outputs bind get their values from
// the first row that matches. So several lines about the same query state a minimum.
// The type parameters of a concept are plain strings.
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
// A name in braces in the path stands for its value, escaped. The fields of GET and
// HEAD are sent in the query string, those of other methods as a JSON body. Cookies
// are sent only if a line says so; cookie "session" _ sends the value that the app
// last set. A request comes from 192.0.2.1, unless a from line names another address.
// Fields that an expected record omits do not matter; a list has exactly the expected
// items, unless it ends in "...". If no answer is expected, any status below 500 is
// accepted. A body that is not JSON is compared with a string.
//
// In both:
//
//	in Library: owner of document is user    yields at least one frame
//	no in Library: document is a Document    yields none
//	after "31 days"                          the clock advances, and system
//	                                         actions that are due run
//	fired LogIn once                         in the flow of the last request;
//	                                         a firing of an else counts too
//
// A duration is written in Go's format, or in days and weeks: "90m", "1 day",
// "2 weeks".
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

// App runs all scenarios of an app, each as a parallel subtest: those among its texts,
// and those in .scenario files in the folder of the test and below, so a program need
// not embed its tests.
func App(t *testing.T, program func() *legible.Program) {
	t.Helper()
	Suite{Program: program}.Run(t)
}

// Run runs all scenarios of the app, each as a parallel subtest, and logs the lines of
// the syncs that none of them reached.
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

// once removes duplicates: an app may embed the files in the folder of the test under
// other names.
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

// Concept runs the scenarios in a concept's specification, each as a parallel subtest.
// The files that they name are relative to the folder of the test, or to the folder in
// Concept.File if there is one.
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

// A stage is a program and the scenarios of it to run.
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
			return // the coverage of some of the scenarios says nothing
		}
		tell(event.Event{Event: event.Coverage, Clauses: len(total.Clauses), Unreached: total.unreached(), Demanded: st.full})
		if st.full && passed == played && len(total.unreached()) > 0 {
			t.Error(total.String())
			return
		}
		t.Log(total.String())
	})
}

// play runs one scenario on an app of its own.
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

// broken returns the error for a program that does not pass the checker.
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
