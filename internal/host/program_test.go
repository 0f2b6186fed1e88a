package host_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/store/memory"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// concepts are what the programs of the tests are made of. What Thing.do does
// is decided by its input x: see methods.
const concepts = `
app Test

use Requesting
    session from body, bearer, cookie "session", header "X-Session"
    key from header "X-Key"
use Thing

expose Thing.do "a test"
expose Thing.typed "a test"
expose Thing.greet "a test"
expose Thing._find "a test"
expose Thing._pairs "a test"

concept Requesting

purpose
    stand for HTTP

state
    a set of Requests

actions
    request (method: String, path: String, headers: Json, ...) : (request: Request)

    respond (request: Request, status?: Number, headers?: Json, cookies?: Json, body?: Json, ...) : ()
        refuses UNKNOWN_REQUEST "There is no such request."
        refuses ALREADY_ANSWERED as conflict "The request has been answered."

concept Thing

purpose
    do as it is told

state
    a set of Members with
        a mark String
        a number Number

actions
    do (x: String) : (z: String)
        refuses INVALID "Bad: {x}."
        refuses UNAUTHENTICATED as unauthenticated "Who are you?"
        refuses FORBIDDEN as forbidden "Not you."
        refuses MISSING as missing "Not there."
        refuses CONFLICT about name as conflict "'{x}' exists already."
        refuses LIMITED as limited "Too often."

    typed (
        text?: String, number?: Number, flag?: Flag, when?: DateTime, day?: Date,
        binary?: Binary, json?: Json, list?: set of Number, secret?: Secret,
        binaries?: seq of Binary, names?: seq of String
    ) : (z: Json)

    token (x: String) : (token: Secret)

    greet (session: Secret) : (greeting: String)

queries
    _find (x: String) : optional (y: String)
    _pairs (x: String, n?: Number) : many (a: String, b: Number)
`

// methods are the Go side of Thing.
func methods() map[string]engine.Methods {
	return map[string]engine.Methods{
		"Requesting": {},
		"Thing": {
			Actions: map[string]engine.Method{
				"do": func(_ engine.Context, in, out []value.Value) error {
					x, _ := in[0].Text()
					switch x {
					case "later":
						return &engine.Refusal{Code: "LIMITED", After: 1500 * time.Millisecond}
					case "INVALID", "UNAUTHENTICATED", "FORBIDDEN", "MISSING", "CONFLICT", "LIMITED":
						return &engine.Refusal{Code: x}
					case "fault":
						return errors.New("the disk is on fire")
					case "panic":
						panic("at the disco")
					}
					out[0] = in[0]
					return nil
				},
				"typed": func(_ engine.Context, in, out []value.Value) error {
					var fields []value.Field
					for i, name := range []string{"text", "number", "flag", "when", "day", "binary", "json", "list", "secret"} {
						if !in[i].IsNull() {
							fields = append(fields, value.Field{Name: name, Value: in[i]})
						}
					}
					out[0] = value.Record(fields)
					return nil
				},
				"greet": func(_ engine.Context, in, out []value.Value) error {
					s, _ := in[0].Text()
					out[0] = value.String("hello " + s)
					return nil
				},
				"token": func(_ engine.Context, in, out []value.Value) error {
					out[0] = value.Secret(in[0])
					return nil
				},
			},
			Queries: map[string]engine.QueryMethod{
				"_pairs": func(_ engine.Context, in []value.Value, rows *engine.Rows) error {
					if x, _ := in[0].Text(); x == "fault" {
						return errors.New("the disk is on fire")
					}
					for i := range 2 {
						row := rows.Add()
						row[0], row[1] = in[0], value.Number(float64(i))
					}
					return nil
				},
				"_find": func(_ engine.Context, in []value.Value, rows *engine.Rows) error {
					if x, _ := in[0].Text(); x != "none" {
						rows.Add()[0] = value.String(x)
					}
					return nil
				},
			},
		},
	}
}

// start makes the engine of a program text on a store, or on one in memory.
func start(t testing.TB, name, text string, st store.Store) *engine.Engine {
	t.Helper()
	return startWith(t, name, text, st, func(map[string]engine.Methods) {})
}

// startWith lets the test put other methods in. What follows a line "use:" in the
// text is added below "use Requesting".
func startWith(t testing.TB, name, text string, st store.Store, change func(map[string]engine.Methods)) *engine.Engine {
	t.Helper()
	m := methods()
	change(m)
	text, use, _ := strings.Cut(text, "use:\n")
	all := strings.Replace(concepts, "use Thing\n", use+"use Thing\n", 1)
	return run(t, []*source.File{source.NewFile("concepts", all), source.NewFile(name, text)}, st, m)
}

// bare makes the engine of a program without Requesting.
func bare(t testing.TB) *engine.Engine {
	text := "concept Alone\n\npurpose\n    be alone\n\nstate\n    a set of Members\n"
	return run(t, []*source.File{source.NewFile("alone", text)}, nil, map[string]engine.Methods{"Alone": {}})
}

func run(t testing.TB, files []*source.File, st store.Store, m map[string]engine.Methods) *engine.Engine {
	t.Helper()
	var trees []*syntax.File
	var all []diag.Diagnostic
	for _, f := range files {
		tree, ds := syntax.Parse(f)
		trees, all = append(trees, tree), append(all, ds...)
	}
	program, ds := check.Check(trees, check.Options{})
	var faults []string
	for _, d := range append(all, ds...) {
		if d.Severity == diag.Error {
			faults = append(faults, d.Span.String()+": "+d.Message)
		}
	}
	if len(faults) > 0 {
		t.Fatal(strings.Join(faults, "\n"))
	}
	p := plan.Build(program)
	if st == nil {
		st = memory.New(memory.Options{})
	}
	schema := engine.Schema(p)
	if err := st.Prepare(context.Background(), schema); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	e, err := engine.New(p, st, schema, m, engine.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return e
}
