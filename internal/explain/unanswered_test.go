package explain_test

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/explain"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/store/memory"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

var update = flag.Bool("update", false, "rewrite what is wanted")

// concepts are what the programs of the tests are made of. What an action or
// query of Thing does is decided by its input x: see methods.
const concepts = `
app Test

use Requesting
use Thing
use Thing as Other

concept Requesting

purpose
    stand for HTTP

state
    a set of Requests

actions
    request (method: String, path: String, headers?: Json, ...) : (request: Request)

    respond (request: Request, ...) : ()
        refuses UNKNOWN_REQUEST "There is no such request."
        refuses ALREADY_ANSWERED "The request has been answered."

concept Thing

purpose
    do as it is told

state
    a set of Members with
        a mark String

actions
    do (x: String, y?: String, secret?: Secret) : (z: String)
        refuses NO as conflict "No: {x}."
        refuses NEVER "Never."

    other (x: String) : (z: String)
        refuses NO "No."

queries
    _find (x: String) : optional (y: String)
    _all (x: String) : many (y: String)
    _member (x: String) : optional (member: Member)
    _places (x: String) : many (y: String, place?: String)
`

func methods() map[string]engine.Methods {
	do := func(_ engine.Context, in, out []value.Value) error {
		switch x, _ := in[0].Text(); x {
		case "no":
			return &engine.Refusal{Code: "NO"}
		case "never":
			return &engine.Refusal{Code: "NEVER"}
		case "fault":
			return errors.New("the disk is on fire")
		}
		out[0] = in[0]
		return nil
	}
	thing := engine.Methods{
		Actions: map[string]engine.Method{"do": do, "other": do},
		Queries: map[string]engine.QueryMethod{
			"_places": func(_ engine.Context, in []value.Value, rows *engine.Rows) error {
				x, _ := in[0].Text()
				for i, place := range []value.Value{value.String("here"), value.Null, value.Null} {
					row := rows.Add()
					row[0], row[1] = value.String(x+strconv.Itoa(i+1)), place
				}
				return nil
			},
			"_find": func(_ engine.Context, in []value.Value, rows *engine.Rows) error {
				if x, _ := in[0].Text(); x != "none" {
					rows.Add()[0] = value.String(x + "!")
				}
				return nil
			},
			"_member": func(_ engine.Context, in []value.Value, rows *engine.Rows) error {
				rows.Add()[0] = in[0]
				return nil
			},
			"_all": func(_ engine.Context, in []value.Value, rows *engine.Rows) error {
				for _, s := range []string{"1", "2", "3"} {
					x, _ := in[0].Text()
					rows.Add()[0] = value.String(x + s)
				}
				return nil
			},
		},
	}
	return map[string]engine.Methods{"Requesting": {}, "Thing": thing, "Other": thing}
}

// unanswered runs a request "METHOD /path {fields}" and gives the explanation.
func unanswered(t *testing.T, p *plan.Plan, request string) string {
	t.Helper()
	entries, answered := flow(t, p, request)
	if answered {
		t.Fatalf("%s was answered", request)
	}
	return explain.Unanswered(p, entries)
}

// flow runs a request "METHOD /path {fields}" and gives its record.
func flow(t testing.TB, p *plan.Plan, request string) (entries []journal.Entry, answered bool) {
	t.Helper()
	st := memory.New(memory.Options{})
	defer st.Close()
	schema := engine.Schema(p)
	if err := st.Prepare(context.Background(), schema); err != nil {
		t.Fatal(err)
	}
	var record []byte
	e, err := engine.New(p, st, schema, methods(), engine.Options{
		Log:      slog.New(slog.DiscardHandler),
		Clock:    func() time.Time { return time.Date(2030, 1, 31, 12, 0, 0, 0, time.UTC) },
		IDs:      value.SeededIDs([32]byte{}),
		Recorder: func(_ value.ID, b []byte, _ bool) { record = append(record, b...) },
	})
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.SplitN(request, " ", 3)
	fields, err := value.ParseJSON([]byte(parts[2]))
	if err != nil {
		t.Fatal(err)
	}
	a := p.Routes.Request
	o := engine.Opening{Action: a, In: make([]value.Value, len(a.Inputs))}
	o.In[a.Input("method")], o.In[a.Input("path")] = value.String(parts[0]), value.String(parts[1])
	for _, f := range fields.Fields() {
		if strings.Contains(f.Name, "secret") || strings.Contains(f.Name, "session") {
			f.Value = value.Secret(f.Value)
		}
		if i := a.Input(f.Name); i >= 0 {
			o.In[i] = f.Value
		} else {
			o.Further = append(o.Further, f)
		}
	}
	r, err := e.Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	entries, err = journal.Read(record)
	if err != nil {
		t.Fatal(err)
	}
	return entries, r.Answer != nil
}

func build(t testing.TB, name, text string) *plan.Plan {
	t.Helper()
	var trees []*syntax.File
	var all []diag.Diagnostic
	for _, f := range []*source.File{source.NewFile("concepts", concepts), source.NewFile(name, text)} {
		tree, ds := syntax.Parse(f)
		trees, all = append(trees, tree), append(all, ds...)
	}
	program, ds := check.Check(trees, check.Options{})
	for _, d := range append(all, ds...) {
		if d.Severity == diag.Error {
			t.Errorf("%s: %s", d.Span, d.Message)
		}
	}
	if t.Failed() {
		t.FailNow()
	}
	return plan.Build(program)
}

// TestUnanswered runs the files in testdata/unanswered: a program (a.sync), and
// requests, each followed by what is said of it.
func TestUnanswered(t *testing.T) {
	files, err := filepath.Glob("testdata/unanswered/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no test files: %v", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var p *plan.Plan
			for i := range archive.Files {
				f := &archive.Files[i]
				if f.Name == "a.sync" {
					p = build(t, f.Name, string(f.Data))
					continue
				}
				got := unanswered(t, p, f.Name)
				if strings.Contains(got, "hunter2") {
					t.Errorf("%s: a secret is shown: %s", f.Name, got)
				}
				if strings.HasSuffix(got, ".") || strings.Contains(got, "\n") || got == "" {
					t.Errorf("%s: this is not one sentence without a full stop: %q", f.Name, got)
				}
				if want := strings.TrimSpace(string(f.Data)); got != want && !*update {
					t.Errorf("%s\n got: %s\nwant: %s", f.Name, got, want)
				}
				f.Data = []byte(got + "\n")
			}
			if *update {
				if err := os.WriteFile(name, txtar.Format(archive), 0o666); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// TestUnansweredOfOddRecords gives records that no flow leaves: an explanation
// must come all the same.
func TestUnansweredOfOddRecords(t *testing.T) {
	p := build(t, "a.sync", "sync S\nwhen\n    Requesting.request (path: \"/x\", x) : (request)\nwhere\n    x == \"1\"\nthen\n    Requesting.respond (request)\n")
	root := journal.Entry{Kind: journal.Asked, Action: "Requesting.request"}
	for _, entries := range [][]journal.Entry{
		nil,
		{{Kind: journal.Begun}},
		{root},
		{{Kind: journal.Asked, Action: "Gone.away"}},
		{root, {Kind: journal.Completed, Outcome: journal.Returned, Action: "Requesting.request"}},
		{root, {Kind: journal.Dropped, Sync: "Gone"}},
		{root, {Kind: journal.Dropped, Sync: "S"}},
		{root, {Kind: journal.Dropped, Sync: "S", Frames: []journal.Frame{{Line: 99, DroppedAt: "a.sync:9:9"}}}},
		{root, {Kind: journal.Dropped, Sync: "S", Frames: []journal.Frame{{Line: 0, Bindings: []journal.Binding{{Slot: 77, Name: "x"}}}}}},
		{root, {Kind: journal.Fired, Sync: "S", Number: 1}},
		{root, {Kind: journal.Fired, Sync: "S", Number: 1, Frames: []journal.Frame{{Line: 0}, {Line: 9}, {Line: -1}}}},
		{root, {Kind: journal.Faulted, Text: "the deadline"}},
	} {
		if got := explain.Unanswered(p, entries); got == "" || strings.HasSuffix(got, ".") {
			t.Errorf("%v: %q", entries, got)
		}
	}
}
