package enginetest

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A Program is a random program that can run.
type Program struct {
	Text    string
	Checked *check.Program
	Plan    *plan.Plan
	Schema  *store.Schema
	Methods map[string]engine.Methods
}

// Build makes a program from a text of a Generator. The error is a mistake that the checker
// finds in it.
func Build(text string) (*Program, error) {
	tree, found := syntax.Parse(source.NewFile("program", text))
	checked, more := check.Check([]*syntax.File{tree}, check.Options{})
	for _, d := range append(found, more...) {
		if d.Severity == diag.Error {
			return nil, fmt.Errorf("%s: %s: %s", d.Span, d.Code, d.Message)
		}
	}
	p := &Program{Text: text, Checked: checked, Plan: plan.Build(checked)}
	p.Schema = engine.Schema(p.Plan)
	p.Methods = map[string]engine.Methods{"Thing": Methods(p.Schema, "Thing"), "Other": Methods(p.Schema, "Other")}
	return p, nil
}

// Source returns the part of the text that was generated for this program.
func (p *Program) Source() string { return strings.TrimPrefix(p.Text, Concepts) }

// Opening returns the opening of a flow: a request with fields, or the clock's.
func (p *Program) Opening(fields value.Value, isRequest bool) engine.Opening {
	if isRequest {
		o := engine.Opening{Action: p.Plan.Routes.Request}
		for _, name := range o.Action.Inputs {
			o.In = append(o.In, Input(fields, name))
		}
		return o
	}
	for _, a := range p.Plan.Actions {
		if a.FullName() == "Thing.tick" {
			return engine.Opening{Action: a}
		}
	}
	panic("enginetest: there is no Thing.tick")
}

// Expect runs a flow by the letter of the specification, on a world that it changes.
func (p *Program) Expect(w *World, o engine.Opening, request string, now time.Time, limit int) *Oracle {
	oracle := &Oracle{Program: p.Checked, Schema: p.Schema, Methods: p.Methods, World: w, Now: now, Limit: limit, Request: request}
	in := map[string]value.Value{}
	for i, name := range o.Action.Inputs {
		if i < len(o.In) {
			in[name] = o.In[i]
		}
	}
	oracle.Run(o.Action.Instance.Name, o.Action.Name, in)
	*w = *oracle.World
	return oracle
}

// Failing returns the methods with effect actions that fail before they end, up to twice,
// depending on what they are given. It calls failed at each failure.
func (p *Program) Failing(failed func()) map[string]engine.Methods {
	methods := maps.Clone(p.Methods)
	for name, m := range methods {
		actions := maps.Clone(m.Actions)
		tries := map[string]int{}
		send := actions["send"]
		actions["send"] = func(ctx engine.Context, in, out []value.Value) error {
			if tries[ctx.Key()]++; tries[ctx.Key()] <= hash(in)%3 {
				failed()
				return fmt.Errorf("not yet")
			}
			return send(ctx, in, out)
		}
		methods[name] = engine.Methods{Actions: actions, Queries: m.Queries}
	}
	return methods
}
