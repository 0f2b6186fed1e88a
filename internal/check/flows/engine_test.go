package flows_test

import (
	"context"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/check/flows"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/store/memory"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A dice is a concept with random outcomes. Its queries give the same rows until one
// of its actions has returned.
type dice struct {
	r       *rand.Rand
	version uint64
	seed    uint64
}

func (d *dice) methods() engine.Methods {
	returned := func(ctx engine.Context, in, out []value.Value) error {
		d.version++
		for i := range out {
			out[i] = value.String(ctx.NewID())
			if i == 1 && d.r.IntN(2) == 0 {
				out[i] = value.Null // it is optional
			}
		}
		return nil
	}
	or := func(codes ...string) engine.Method {
		return func(ctx engine.Context, in, out []value.Value) error {
			if n := d.r.IntN(len(codes) + 2); n < len(codes) {
				return &engine.Refusal{Code: codes[n]}
			}
			return returned(ctx, in, out)
		}
	}
	rows := func(most int) engine.QueryMethod {
		return func(_ engine.Context, in []value.Value, rows *engine.Rows) error {
			r := rand.New(rand.NewPCG(d.seed, d.version<<8+uint64(len(value.AppendKey(nil, value.List(in))))))
			for range r.IntN(most + 1) {
				row := rows.Add()
				row[0] = value.String(string(rune('a' + r.IntN(26))))
				if len(row) > 1 && r.IntN(2) == 0 {
					row[1] = value.String("word")
				}
			}
			return nil
		}
	}
	return engine.Methods{
		Actions: map[string]engine.Method{"one": or("GONE", "OLD"), "two": returned, "three": or("GONE")},
		Queries: map[string]engine.QueryMethod{"_find": rows(1), "_all": rows(2)},
	}
}

// The analysis has explored whatever the engine does: every sync that fires, every
// request without an answer, every second answer.
func TestSound(t *testing.T) {
	seeds, runs := 1200, 40
	if testing.Short() {
		seeds = 60
	}
	seen := map[string]int{}
	for seed := range uint64(seeds) {
		text := randomProgram(rand.New(rand.NewPCG(seed, 2)))
		file, _ := syntax.Parse(source.NewFile("program", text))
		program, ds := flows.Check([]*syntax.File{file}, check.Options{})
		if diag.HasErrors(ds) || slices.ContainsFunc(ds, func(d diag.Diagnostic) bool { return d.Code == diag.Endless }) {
			continue
		}
		p := plan.Build(program.Program)
		st := memory.New(memory.Options{})
		schema := engine.Schema(p)
		if err := st.Prepare(context.Background(), schema); err != nil {
			t.Fatal(err)
		}
		insertItems(t, st, schema, rand.New(rand.NewPCG(seed, 4)))
		d := &dice{r: rand.New(rand.NewPCG(seed, 3)), seed: seed}
		var record []byte
		e, err := engine.New(p, st, schema, map[string]engine.Methods{"Thing": d.methods()}, engine.Options{
			Log:      slog.New(slog.NewTextHandler(io.Discard, nil)),
			Recorder: func(_ value.ID, entries []byte, _ bool) { record = append(record, entries...) },
		})
		if err != nil {
			t.Fatal(err)
		}
		for range runs {
			route := p.Routes.All[d.r.IntN(len(p.Routes.All))]
			a := p.Routes.Request
			in := make([]value.Value, len(a.Inputs))
			put := func(name string, list ...string) {
				if i := a.Input(name); i >= 0 {
					if n := d.r.IntN(len(list) + 1); n < len(list) {
						in[i] = value.String(list[n])
					}
				}
			}
			put("x", "q", "z", "a")
			put("kind", "k", "l")
			in[a.Input("method")], in[a.Input("path")] = value.String(route.Method), value.String(route.Path)
			if len(route.Starters) > 0 && !slices.ContainsFunc(route.Starters, func(e *plan.Starter) bool { return starts(e, in) }) {
				continue // the front turns it away
			}
			record = record[:0]
			d.version++
			result, err := e.Run(context.Background(), engine.Opening{Action: a, In: in})
			if result.Fault != nil && (strings.Contains(result.Fault.Error(), "again and again") ||
				strings.Contains(result.Fault.Error(), "actions, which is the limit")) {
				continue // a cycle that a where can end, but does not here
			}
			if result.Fault != nil && strings.Contains(result.Fault.Error(), "although “surely”") {
				continue
			}
			if err != nil || result.Fault != nil {
				t.Fatalf("seed %d: %v %v", seed, err, result.Fault)
			}
			entries, err := journal.Read(record)
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(program.EntryPoints, func(x *flows.EntryPoint) bool { return x.Path == route.Path && x.Method == route.Method })
			entry := program.EntryPoints[i]
			if entry.Truncated {
				continue
			}
			has := func(code diag.Code) {
				seen[string(code)]++
				if !slices.ContainsFunc(ds, func(d diag.Diagnostic) bool { return d.Code == code }) {
					t.Fatalf("seed %d: %s happens in %s and is not reported:\n%v\n%s", seed, code, entry, entries, text[len(walkConcepts):])
				}
			}
			if result.Answer == nil && result.Unhandled == nil {
				cut := slices.ContainsFunc(program.EntryPoints, func(e *flows.EntryPoint) bool { return e.Truncated })
				if len(entry.Syncs) == 0 && !cut {
					has(diag.NeverFires) // which is the cause
				} else {
					has(diag.Unanswered)
				}
			}
			if result.Answer == nil && result.Unhandled != nil {
				seen["refused"]++
				if !slices.ContainsFunc(entry.Refusals, func(u *flows.Unhandled) bool { return u.Refusal.Code == result.Unhandled.Code }) {
					t.Fatalf("seed %d: %s can end with %s, which is not among its refusals\n%s", seed, entry, result.Unhandled.Code, text[len(walkConcepts):])
				}
			}
			for _, x := range entries {
				if x.Kind == journal.Completed && x.Code == "ALREADY_ANSWERED" {
					has(diag.AnsweredTwice)
				}
				if x.Kind == journal.Fired && !slices.ContainsFunc(entry.Syncs, func(s *check.Sync) bool { return s.Name == x.Sync }) {
					t.Fatalf("seed %d: %s fires in %s, and the analysis does not say so\n%s", seed, x.Sync, entry, text[len(walkConcepts):])
				}
			}
		}
		if err := st.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, what := range []string{string(diag.Unanswered), string(diag.AnsweredTwice), "refused"} {
		if seen[what] == 0 {
			t.Errorf("no flow of any random program ends with %s", what)
		}
	}
}

// insertItems inserts the items that the queries give. In some programs all have
// names for which no line asks.
func insertItems(t *testing.T, st *memory.Store, schema *store.Schema, r *rand.Rand) {
	t.Helper()
	i := slices.IndexFunc(schema.Tables, func(x *store.Table) bool { return x.Set == "Item" })
	names := []string{"nmlk", "mlk"}[r.IntN(2)]
	session := st.NewSession(value.ID{1})
	for _, id := range strings.Split("abcdefghijklmnopqrstuvwxyz", "") {
		word := value.Null
		if r.IntN(2) == 0 {
			word = value.String("w")
		}
		if err := session.Insert(schema.Tables[i], id, store.Row{value.String(string(names[r.IntN(len(names))])), word}); err != nil {
			t.Fatal(err)
		}
	}
	if err := session.Commit(nil); err != nil {
		t.Fatal(err)
	}
}

// starts reports whether a request starts a sync, as the HTTP front does.
func starts(e *plan.Starter, in []value.Value) bool {
	for _, v := range e.Pattern.Vars {
		if !v.Column.Out && !v.Optional && in[v.Column.Index].IsNull() {
			return false
		}
	}
	for _, x := range e.Pattern.Tests {
		if !x.Column.Out && !value.Equal(in[x.Column.Index], x.Literal) {
			return false
		}
	}
	return true
}
