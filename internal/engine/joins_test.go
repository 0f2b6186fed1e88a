package engine_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/engine/enginetest"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/store/memory"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

// build makes the plan of a program text, which must have no errors.
func build(t testing.TB, text string) *plan.Plan {
	t.Helper()
	p, err := built(text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return p
}

// built is build outside of a test.
func built(text string) (*plan.Plan, error) {
	tree, findings := syntax.Parse(source.NewFile("program", text))
	program, more := check.Check([]*syntax.File{tree}, check.Options{})
	for _, d := range append(findings, more...) {
		if d.Severity == diag.Error {
			return nil, fmt.Errorf("%s: %s", d.Span, d.Message)
		}
	}
	return plan.Build(program), nil
}

// start makes an engine for a plan on the memory store.
func start(t testing.TB, p *plan.Plan, methods map[string]engine.Methods, o engine.Options) *engine.Engine {
	t.Helper()
	st := memory.New(memory.Options{})
	schema := engine.Schema(p)
	if err := st.Prepare(context.Background(), schema); err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(p, st, schema, methods, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// model is how the actions of random programs end: it depends on the action
// and its inputs alone.
func model(a *plan.Action, in, out []value.Value) error {
	h := len(a.Name)
	for _, b := range value.AppendKey(value.AppendText(nil, a.Name), value.List(slices.Clone(in))) {
		h = h*31 + int(b)
	}
	if h < 0 {
		h = -h
	}
	if h%5 == 0 {
		return &engine.Refusal{Code: []string{"NO", "NEVER"}[h/5%2]}
	}
	out[0], out[1] = word(h/7%3), word(h/11%3)
	return nil
}

// models returns the Go code of the actions.
func models(p *plan.Plan) engine.Methods {
	m := engine.Methods{Actions: map[string]engine.Method{}}
	for _, a := range p.Actions {
		m.Actions[a.Name] = func(_ engine.Context, in, out []value.Value) error { return model(a, in, out) }
	}
	return m
}

func word(i int) value.Value { return value.String(string(rune('u' + i))) }

const randomConcept = `concept Thing

purpose
    be asked

actions
    one (p: String, q?: String) : (x: String, y: String)
        refuses NO "No."
        refuses NEVER "No."

    effect two (p: String, q?: String) : (x: String, y: String)
        refuses NO "No."
        refuses NEVER "No."

    three (p: String, q?: String) : (x: String, y: String)
        refuses NO "No."
        refuses NEVER "No."

`

// failures is how often an effect action fails before it ends: up to twice,
// depending on what it is given.
func failures(a *plan.Action, in []value.Value) int {
	if a.Spec.Kind != syntax.Effect {
		return 0
	}
	n := 0
	for _, b := range value.AppendKey(nil, value.List(slices.Clone(in))) {
		n += int(b)
	}
	return n % 3
}

// randomProgram writes syncs over the three actions: joins of up to three
// lines with shared variables, literals, optional inputs and refusals.
func randomProgram(r *rand.Rand) string {
	var b strings.Builder
	b.WriteString(randomConcept)
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	for i := range 2 + r.IntN(5) {
		fmt.Fprintf(&b, "sync S%d\nwhen\n", i)
		bound := map[string]bool{}
		arg := func(name string) string {
			switch pick("none", "none", "variable", "none", "none", "none", "variable", "literal", "any") {
			case "literal":
				return name + `: "` + pick("u", "v", "w") + `"`
			case "any":
				return name + ": _"
			case "none":
				return ""
			}
			v := pick("a", "b", "c")
			bound[v] = true
			return name + ": " + v
		}
		args := func(names ...string) string {
			var list []string
			for _, n := range names {
				if s := arg(n); s != "" {
					list = append(list, s)
				}
			}
			return "(" + strings.Join(list, ", ") + ")"
		}
		for range 1 + r.IntN(3) {
			fmt.Fprintf(&b, "    Thing.%s %s : ", pick("one", "two", "one"), args("p", "q"))
			switch pick("returned", "returned", "returned", "returned", "refused", "code") {
			case "returned":
				b.WriteString(args("x", "y"))
			case "refused":
				b.WriteString("(error)")
			case "code":
				b.WriteString("refused " + pick("NO", "NEVER"))
			}
			b.WriteString("\n")
		}
		b.WriteString("then\n")
		fresh := 0
		for range 1 + r.IntN(3) {
			value := func() string {
				names := []string{`"u"`, `"v"`, `"w"`}
				for v := range bound {
					names = append(names, v)
				}
				slices.Sort(names)
				return pick(names...)
			}
			fmt.Fprintf(&b, "    Thing.%s (p: %s, q: %s)", pick("one", "two", "one", "three"), value(), value())
			switch pick("no", "no", "yes", "literal") {
			case "yes":
				fresh++
				fmt.Fprintf(&b, " : (x: f%d)", fresh)
			case "literal":
				b.WriteString(` : (y: "v")`)
			default:
				b.WriteString("\n")
				continue
			}
			b.WriteString("\n")
			for _, head := range []string{"else refused NO", "else refused NEVER", "else"} {
				if r.IntN(4) == 0 {
					fmt.Fprintf(&b, "        %s\n            Thing.%s (p: %s, q: %s)\n", head, pick("one", "two"), value(), pick("error", "refusal", value()))
				}
			}
			if fresh > 0 {
				bound[fmt.Sprintf("f%d", fresh)] = true
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

// TestJoins compares programs with joins of up to three actions with the oracle: the same
// firings, of the same actions, in the same order. That effect actions fail at first, so
// that the flow waits and continues from its record, makes no difference.
func TestJoins(t *testing.T) {
	programs := 1000
	if testing.Short() {
		programs = 100
	}
	fired, joined, failed := 0, 0, 0
	for seed := range uint64(programs) {
		r := rand.New(rand.NewPCG(seed, 1))
		text := randomProgram(r)
		p := build(t, text)
		const limit = 40
		var entries []byte
		methods := engine.Methods{Actions: map[string]engine.Method{}}
		tries := map[string]int{}
		for _, a := range p.Actions {
			method := models(p).Actions[a.Name]
			methods.Actions[a.Name] = func(ctx engine.Context, in, out []value.Value) error {
				if tries[ctx.Key()]++; tries[ctx.Key()] <= failures(a, in) {
					failed++
					return errors.New("not yet")
				}
				return method(ctx, in, out)
			}
		}
		c := &clock{now: time.UnixMilli(1_900_000_000_000)}
		e := start(t, p, map[string]engine.Methods{"Thing": methods}, engine.Options{
			Limits:   engine.Limits{Actions: limit},
			Log:      slog.New(slog.DiscardHandler),
			Recorder: func(_ value.ID, b []byte, _ bool) { entries = append(entries, b...) },
			Clock:    c.get,
		})
		opening := p.Actions[r.IntN(3)]
		in := []value.Value{word(r.IntN(3)), word(r.IntN(3))}
		if _, err := e.Run(context.Background(), engine.Opening{Action: opening, In: in}); err != nil {
			t.Fatal(err)
		}
		for waiting, _ := e.Waiting(); waiting > 0; waiting, _ = e.Waiting() {
			c.until(c.get().Add(time.Second))
			if err := e.ApplyDecisions(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		oracle := &enginetest.Oracle{Program: p.Program, World: enginetest.NewWorld(), Limit: limit, Methods: map[string]engine.Methods{"Thing": models(p)}}
		oracle.Run("Thing", opening.Name, map[string]value.Value{"p": in[0], "q": in[1]})
		record, err := journal.Read(entries)
		if err != nil {
			t.Fatal(err)
		}
		if d := enginetest.Difference(enginetest.Events(p, record), oracle.Events, oracle.Exceeded); d != "" {
			t.Fatalf("seed %d: %s\nin\n%s", seed, d, text)
		}
		seen := map[string]int{}
		count(seen, oracle)
		fired, joined = fired+seen["fired"], joined+seen["joined"]
	}
	if fired < 2*programs || joined < programs/4 || failed < programs/2 {
		t.Errorf("the random programs fired only %d syncs, %d of them joins, and %d tries failed: they test nothing", fired, joined, failed)
	}
}
