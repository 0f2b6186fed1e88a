package gen

import (
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/syntax"
)

// contract writes the structs that go into actions and queries and come out.
func (m *maker) contract() {
	for _, a := range m.concept.Actions {
		m.params(goName(a.Name)+"In", "what "+a.Name+" takes", a.Inputs)
		if len(a.Outputs) > 0 {
			m.params(goName(a.Name)+"Out", "what "+a.Name+" gives", a.Outputs)
		}
	}
	for _, q := range m.concept.Queries {
		m.params(goName(q.Name)+"In", "what "+q.Name+" is asked with", q.Inputs)
		what := "a row of " + q.Name
		if q.Rows == syntax.OneRow {
			what = "the row of " + q.Name
		}
		m.params(goName(q.Name)+"Out", what, q.Outputs)
	}
}

func (m *maker) params(name, what string, params []*check.Param) {
	m.p("// %s is %s.", name, what)
	if len(params) == 0 {
		m.p("type %s struct{}", name)
		m.p("")
		return
	}
	m.p("type %s struct {", name)
	for _, p := range params {
		m.p("%s %s", goName(p.Name), m.shapeOf(name, p).goType())
	}
	m.p("}")
	m.p("")
}

// actions writes the interface that the hand-written part of a concept has.
func (m *maker) actions() {
	m.p("// Actions are the actions and queries of %s in Go. An action declines by", m.concept.Name)
	m.p("// returning one of the refusals above; any other error is a fault.")
	m.p("type Actions interface {")
	for _, a := range m.concept.Actions {
		m.actionNote(a)
		out := "error"
		if len(a.Outputs) > 0 {
			out = "(" + goName(a.Name) + "Out, error)"
		}
		m.p("%s(ctx legible.Context, in %sIn) %s", goName(a.Name), goName(a.Name), out)
	}
	for _, q := range m.concept.Queries {
		name := goName(q.Name)
		switch q.Rows {
		case syntax.OneRow:
			m.p("// %s is the query %s, which has one row.", name, q.Name)
			m.p("%s(ctx legible.Context, in %sIn) (%sOut, error)", name, name, name)
		case syntax.OptionalRow:
			m.p("// %s is the query %s. It tells whether there is a row.", name, q.Name)
			m.p("%s(ctx legible.Context, in %sIn) (%sOut, bool, error)", name, name, name)
		default:
			m.p("// %s is the query %s.", name, q.Name)
			m.p("%s(ctx legible.Context, in %sIn) ([]%sOut, error)", name, name, name)
		}
	}
	m.p("}")
	m.p("")
}

// actionNote writes above a method what the specification says of the action.
func (m *maker) actionNote(a *check.Action) {
	m.p("// %s is the action %s.", goName(a.Name), a.Name)
	if lines := prose(a.Tree.Requires); len(lines) > 0 {
		m.note(prefixed("Requires: ", lines))
	}
	if lines := prose(a.Tree.Effects); len(lines) > 0 {
		m.note(prefixed("Effects: ", lines))
	}
	var names []string
	for _, r := range a.Refusals {
		name := refusalName(r.Code)
		switch {
		case isSpoken(r):
			name += "(sentence)"
		case m.isReasoned(r):
			name += "(" + check.ReasonName + ")"
		}
		names = append(names, name)
	}
	if len(names) > 0 {
		m.p("// Declines with %s.", strings.Join(names, ", "))
	}
}

func prefixed(word string, lines []string) []string {
	return append([]string{word + lines[0]}, lines[1:]...)
}

// define writes what ties the actions in Go to their places.
func (m *maker) define() {
	m.p("// Define makes the concept %s of the function that makes its actions, which", m.concept.Name)
	m.p("// is called once for each use of the concept in an app.")
	m.p("func Define(build func(*State) Actions) legible.Concept {")
	m.p("return legible.Concept{File: %q, Spec: specText, Digest: %q, Build: func(instance *legible.Instance) legible.Methods {", m.opt.File, m.concept.Digest())
	if len(m.concept.Actions)+len(m.concept.Queries) > 0 {
		m.p("a := build(newState(instance))")
	} else {
		m.p("build(newState(instance))")
	}
	m.p("return legible.Methods{")
	if len(m.concept.Actions) > 0 {
		m.p("Actions: map[string]legible.Method{")
		for _, a := range m.concept.Actions {
			m.method(a)
		}
		m.p("},")
	}
	if len(m.concept.Queries) > 0 {
		m.p("Queries: map[string]legible.QueryMethod{")
		for _, q := range m.concept.Queries {
			m.query(q)
		}
		m.p("},")
	}
	m.p("}")
	m.p("}}")
	m.p("}")
}

// input writes the literal of an input struct.
func (m *maker) input(name string, params []*check.Param) string {
	if len(params) == 0 {
		return name + "{}"
	}
	var b strings.Builder
	b.WriteString(name + "{\n")
	for i, p := range params {
		b.WriteString(goName(p.Name) + ": " + m.shapeOf(name, p).reading("in["+itoa(i)+"]") + ",\n")
	}
	b.WriteString("}")
	return b.String()
}

func (m *maker) method(a *check.Action) {
	m.p("%q: func(ctx legible.Context, in, out []value.Value) error {", a.Name)
	call := "a." + goName(a.Name) + "(ctx, " + m.input(goName(a.Name)+"In", a.Inputs) + ")"
	if len(a.Outputs) == 0 {
		m.p("return %s", call)
		m.p("},")
		return
	}
	m.p("o, err := %s", call)
	m.p("if err != nil {")
	m.p("return err")
	m.p("}")
	m.outputs("out", goName(a.Name)+"Out", a.Outputs)
	m.p("return nil")
	m.p("},")
}

func (m *maker) outputs(to, name string, params []*check.Param) {
	for i, p := range params {
		m.p("%s[%d] = %s", to, i, m.shapeOf(name, p).writing("o."+goName(p.Name)))
	}
}

func (m *maker) query(q *check.Query) {
	m.p("%q: func(ctx legible.Context, in []value.Value, rows *legible.Rows) error {", q.Name)
	call := "a." + goName(q.Name) + "(ctx, " + m.input(goName(q.Name)+"In", q.Inputs) + ")"
	o, row := "o", "row := rows.Add()"
	if len(q.Outputs) == 0 {
		o, row = "_", "rows.Add()"
	}
	switch q.Rows {
	case syntax.OneRow:
		m.p("%s, err := %s", o, call)
		m.p("if err != nil {")
		m.p("return err")
		m.p("}")
		m.p("%s", row)
		m.outputs("row", goName(q.Name)+"Out", q.Outputs)
	case syntax.OptionalRow:
		m.p("%s, found, err := %s", o, call)
		m.p("if err != nil || !found {")
		m.p("return err")
		m.p("}")
		m.p("%s", row)
		m.outputs("row", goName(q.Name)+"Out", q.Outputs)
	default:
		m.p("list, err := %s", call)
		m.p("if err != nil {")
		m.p("return err")
		m.p("}")
		if o == "o" {
			m.p("for _, o := range list {")
		} else {
			m.p("for range list {")
		}
		m.p("%s", row)
		m.outputs("row", goName(q.Name)+"Out", q.Outputs)
		m.p("}")
	}
	m.p("return nil")
	m.p("},")
}
